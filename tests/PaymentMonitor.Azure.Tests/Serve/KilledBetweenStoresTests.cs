using System.Diagnostics;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.Azure.Tests;

/// <summary>The server's process is killed when an order is saved in Cosmos DB and nothing of it is in the data folder: neither its row in the feed nor the position.</summary>
public sealed class KilledBetweenStoresTests(CosmosServer cosmos) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;
    private readonly AzuriteServer _azurite = new();
    private readonly SemaphoreSlim _deaths = new(0);
    private readonly int _port = FreePort.Next();
    private CosmosGateway? _gateway;
    private Process? _server;
    private int _savesToDeath;

    private Uri Address => new($"http://127.0.0.1:{_port}");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_follows_from_a_save_is_derived_again_after_the_restart(int savesToDeath)
    {
        var storage = await _azurite.ConnectionAsync();
        _gateway = await CosmosGateway.StartAsync(cosmos.Address);
        _gateway.Wrote = () =>
        {
            if (Interlocked.Decrement(ref _savesToDeath) != 0)
            {
                return false;
            }

            _server!.Kill();
            _deaths.Release();
            return true;
        };
        await StartAsync(storage, int.MaxValue);
        var order = $"o-{Guid.NewGuid():n}";
        await using var machine = new TestMachine(new MachineClientOptions
        {
            Endpoint = Address,
            MachineId = MachineId.Parse($"m-{savesToDeath}"),
            Secret = DemoMachines.Secret,
            Journal = MachineJournal.InMemory(),
            Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
        });
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(TestServer.Guard);

        // Saves of the order, and of what follows from it: whichever it is, nothing may be missing afterwards.
        Volatile.Write(ref _savesToDeath, savesToDeath);
        var revival = ReviveAsync(storage);
        await SayAsync(machine, order, TestMachine.Created(), decision: null);
        await SayAsync(machine, order, TestMachine.Paid($"p-{order}"), DecisionKinds.ShipmentAllowed);
        await SayAsync(machine, order, new OrderEvent.ShipmentCompleted(), DecisionKinds.TradeCompleted);
        await revival;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        if (_gateway is { } gateway)
        {
            await gateway.DisposeAsync();
        }

        await _azurite.DisposeAsync();
        _deaths.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Reports the next event when the one before was decided on.</summary>
    private static async Task SayAsync(TestMachine machine, string order, OrderEvent reported, string? decision)
    {
        var report = await machine.Client.ReportAsync(OrderId.Parse(order), reported);
        Assert.Equal(ReceiptStatus.Accepted, (await report.Receipt.WaitAsync(TestServer.Guard)).Status);
        if (decision is not null)
        {
            Assert.Equal(decision, (await machine.NextDecisionAsync()).Kind);
        }
    }

    private async Task ReviveAsync(string storage)
    {
        Assert.True(await _deaths.WaitAsync(TestServer.Guard), "No order was saved.");
        await StartAsync(storage, int.MaxValue);
    }

    private async Task StartAsync(string storage, int savesToDeath)
    {
        if (_server is { } dead)
        {
            await dead.WaitForExitAsync();
            dead.Dispose();
        }

        Volatile.Write(ref _savesToDeath, savesToDeath);
        var path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor");
        string[] arguments =
        [
            "serve", "--data", _folder, "--urls", Address.ToString(), "--demo-credentials", "--cosmos", $"AccountEndpoint={_gateway!.Address};AccountKey={CosmosServer.Key}", "--storage", storage,
        ];
        _server = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = new System.Text.StringBuilder();
        _server.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        _server.BeginErrorReadLine();
        var said = "";
        string? line;
        do
        {
            line = await _server.StandardOutput.ReadLineAsync().WaitAsync(TestServer.Guard);
            said += line + "\n";
        }
        while (line is not null && !line.StartsWith("Listening on ", StringComparison.Ordinal));

        Assert.True(line is not null, $"The server did not start: {errors}");
        Assert.Contains("This proves the stores, not the change feed", said);
    }
}
