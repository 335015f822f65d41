using System.Diagnostics;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>The sample machines as people run them, at a keyboard that types a sale.</summary>
public sealed class SampleMachineTests(NodeModules node) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-sample-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_machine_in_CSharp_sells()
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "CSharpMachine.exe" : "CSharpMachine");
        await SellAsync(server => new ProcessStartInfo(program, [server.Address.ToString(), "m-1", server.Secret, Path.Combine(_folder, "journal")]));
    }

    [Fact]
    public async Task The_machine_in_JavaScript_sells()
    {
        node.Require();
        await SellAsync(server => new ProcessStartInfo("node", ["sample-machine.mjs", server.Address.ToString(), "m-1", server.Secret]) { WorkingDirectory = NodeModules.Folder });
    }

    private static async Task SellAsync(Func<(Uri Address, string Secret), ProcessStartInfo> start)
    {
        await using var server = await TestServer.StartAsync();
        var info = start((server.Address, await server.RegisterAsync("m-1", "card-terminal")));
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await ExpectAsync("chooses");
            await TypeAsync("2");
            await ExpectAsync("order.created: accepted");
            await TypeAsync("pay");
            await ExpectAsync("The machine drops: Cola 2.50");
            await ExpectAsync("trade.completed");
            await TypeAsync("quit");
            await process.WaitForExitAsync(guard.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"The machine does not go on: {await errors}");
        }

        Assert.Equal(0, process.ExitCode);

        async Task TypeAsync(string line)
        {
            await process.StandardInput.WriteLineAsync(line);
            await process.StandardInput.FlushAsync();
        }

        async Task ExpectAsync(string text)
        {
            while (await process.StandardOutput.ReadLineAsync(guard.Token) is { } line)
            {
                if (line.Contains(text, StringComparison.OrdinalIgnoreCase))
                {
                    return;
                }
            }

            Assert.Fail($"The machine ended before it said '{text}': {await errors}");
        }
    }
}
