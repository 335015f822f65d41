using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.Webhooks;

namespace PaymentMonitor.EndToEnd.Tests.Webhooks;

/// <summary>The server's process is killed when a delivery has arrived and before that is in its books.</summary>
public sealed class KilledServerTests : IAsyncDisposable
{
    private const int Orders = 12;
    private const int Notices = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;
    private readonly int _port = FreePort.Next();
    private readonly SemaphoreSlim _deaths = new(0);
    private Process? _server;
    private int _deliveriesToDeath;

    private Uri Address => new($"http://127.0.0.1:{_port}");

    [Fact]
    public async Task Nothing_is_lost_and_the_order_is_kept()
    {
        await using var shop = await WebhookReceiver.StartAsync();
        shop.Always = context =>
        {
            // The delivery is here; its answer never gets there.
            if (Interlocked.Decrement(ref _deliveriesToDeath) == 0)
            {
                _server!.Kill();
                context.Abort();
                _deaths.Release();
            }

            return Task.CompletedTask;
        };
        var key = ApiKeyFile.Open(_folder, TimeProvider.System).Add("shop", Roles.Integrator);
        await StartAsync(deliveriesToDeath: 1);
        var id = await SubscribeAsync(key, shop.Url);
        await PostAsync(key, $"/api/webhooks/{id}/disable");
        await SellAsync();

        // The first death is in the middle of this.
        await Record.ExceptionAsync(() => PostAsync(key, $"/api/webhooks/{id}/enable"));
        foreach (var deliveries in new[] { 3, 7, 14, int.MaxValue })
        {
            Assert.True(await _deaths.WaitAsync(WebhookReceiver.Guard));
            await StartAsync(deliveries);
        }

        var told = new List<string>();
        while (told.Distinct().Count() < Orders * Notices)
        {
            told.Add((await shop.NextAsync()).Id);
        }

        for (var i = 0; i < Orders; i++)
        {
            var first = told.Where(delivery => delivery.StartsWith($"m-1/o-{i}/", StringComparison.Ordinal)).Distinct();
            Assert.Equal([$"m-1/o-{i}/1", $"m-1/o-{i}/2", $"m-1/o-{i}/3", $"m-1/o-{i}/4"], first);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        _deaths.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(int deliveriesToDeath)
    {
        if (_server is { } dead)
        {
            await dead.WaitForExitAsync();
            dead.Dispose();
        }

        Volatile.Write(ref _deliveriesToDeath, deliveriesToDeath);
        var path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor");
        _server = Process.Start(new ProcessStartInfo(path, ["serve", "--data", _folder, "--urls", Address.ToString(), "--demo-credentials", "--webhook-allow-private"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        string? line;
        do
        {
            line = await _server.StandardOutput.ReadLineAsync().WaitAsync(WebhookReceiver.Guard);
        }
        while (line is not null && !line.StartsWith("Listening on ", StringComparison.Ordinal));

        // Deliveries begin before it says so: it may have died by then.
        Assert.True(line is not null || Volatile.Read(ref _deliveriesToDeath) <= 0, "The server did not start.");
    }

    private async Task<string> SubscribeAsync(string key, Uri url)
    {
        using var http = Client(key);
        using var answer = await http.PostAsJsonAsync("/api/webhooks", new { url });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<System.Text.Json.Nodes.JsonNode>())!["endpoint"]!["id"]!.GetValue<string>();
    }

    private async Task PostAsync(string key, string path)
    {
        using var http = Client(key);
        using var answer = await http.PostAsync(path, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private HttpClient Client(string key) => new() { BaseAddress = Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };

    private async Task SellAsync()
    {
        await using var machine = new TestMachine(new MachineClientOptions { Endpoint = Address, MachineId = MachineId.Parse("m-1"), Secret = DemoMachines.Secret, Journal = MachineJournal.InMemory() });
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(TestServer.Guard);
        for (var i = 0; i < Orders; i++)
        {
            await machine.SayAsync($"o-{i}", TestMachine.Created(), TestMachine.Paid($"p-{i}"), new OrderEvent.ShipmentCompleted());
        }
    }
}
