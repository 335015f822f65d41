using System.Diagnostics;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Durability;

/// <summary>A real machine against a real server, killed in the middle of its work again and again.</summary>
public sealed class KilledMachineTests : IDisposable
{
    private const int Kills = 12;

    private readonly int _seed = Environment.TickCount;
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-machine-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_killed_machine_loses_no_event_and_releases_goods_once()
    {
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        var random = new Random(_seed);
        var lines = new List<string>();
        for (var i = 0; i < Kills; i++)
        {
            lines.AddRange(await RunAsync(server, secret, $"k{i}", orders: 0, killAfter: random.Next(1, 60)));
        }

        var last = await RunAsync(server, secret, "last", orders: 3, killAfter: int.MaxValue);
        Assert.Equal("end", last[^1]);
        lines.AddRange(last);

        Assert.All(Words(lines, 'G').GroupBy(words => words[1]), goods => Assert.True(goods.Count() == 1, $"Seed {_seed}: {goods.Key} was released {goods.Count()} times."));
        Assert.True(Words(lines, 'G').Count() > Kills, $"Seed {_seed}: {Words(lines, 'G').Count()} permissions are no test.");
        foreach (var order in Words(lines, 'K').GroupBy(words => words[1]))
        {
            var document = await server.OrderAsync("m-1", order.Key);
            var events = document["events"]!.AsArray().Select(reported => reported!["id"]!.GetValue<string>()).ToHashSet();
            Assert.All(order, words => Assert.True(events.Contains(words[2]), $"Seed {_seed}: {words[2]} of {words[1]} was safe and is lost: {document}"));
        }
    }

    private static IEnumerable<string[]> Words(IEnumerable<string> lines, char kind) => lines.Where(line => line[0] == kind).Select(line => line.Split(' '));

    /// <returns>What the program knew: everything that reached the pipe.</returns>
    private async Task<List<string>> RunAsync(TestServer server, string secret, string prefix, int orders, int killAfter)
    {
        string[] arguments = ["machine", Path.Combine(_folder, "journal"), server.Address.ToString(), secret, prefix, $"{orders}"];
        using var process = Process.Start(new ProcessStartInfo(Host, arguments) { RedirectStandardOutput = true })!;
        using var guard = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var lines = new List<string>();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(guard.Token) is { } line)
            {
                lines.Add(line);
                if (lines.Count == killAfter)
                {
                    process.Kill();
                }
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        await process.WaitForExitAsync(guard.Token);
        return lines;
    }

    private static string Host => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "PaymentMonitor.StoreHost.exe" : "PaymentMonitor.StoreHost");
}
