using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.EndToEnd.Tests.Durability;

/// <summary>What has a receipt is there after a crash of the process and after a power cut, wherever it strikes.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int PowerCuts = 120;
    private const int Kills = 20;

    // Crash points are chosen anew in each run; a failure names the seed.
    private readonly int _seed = Environment.TickCount;
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-durability-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_power_cut_at_any_point_loses_nothing_that_has_a_receipt()
    {
        var trace = await RecordAsync();

        var random = new Random(_seed);
        for (var i = 0; i < PowerCuts; i++)
        {
            var at = random.Next(trace.Length + 1);
            var faults = await FaultsAsync(trace, at, random);
            Assert.True(faults.Count == 0, $"Seed {_seed}, cut {i} at line {at} of {trace.Length}: {string.Join(" ", faults.Take(5))}");
        }
    }

    [Fact]
    public async Task The_check_notices_a_store_that_does_not_wait_for_the_disk()
    {
        var trace = (await RecordAsync()).WithoutSyncs();

        var random = new Random(_seed);
        var noticed = 0;
        for (var i = 0; i < 20; i++)
        {
            noticed += (await FaultsAsync(trace, trace.Length, random)).Count > 0 ? 1 : 0;
        }

        Assert.InRange(noticed, 10, 20);
    }

    [Fact]
    public async Task A_killed_process_loses_nothing_that_has_a_receipt()
    {
        var data = Path.Combine(_folder, "data");
        var random = new Random(_seed);
        var told = new List<string>();
        for (var i = 0; i < Kills; i++)
        {
            told.AddRange(await RunAndKillAsync(data, $"k{i}", receiptsMin: random.Next(1, 400)));

            var faults = await SurvivingStore.FaultsAsync(data, told);
            Assert.True(faults.Count == 0, $"Seed {_seed}, kill {i}: {string.Join(" ", faults.Take(5))}");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<IReadOnlyList<string>> FaultsAsync(SystemCallTrace trace, int at, Random random)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "after")).FullName;
        try
        {
            var cut = new PowerCut(trace, at, random);
            cut.Restore(Path.Combine(_folder, "data"), folder);
            return await SurvivingStore.FaultsAsync(folder, cut.Told);
        }
        catch (Exception e) when (e is StartupException or StoreException or FormatException or JsonException)
        {
            return [$"The data cannot be read: {e.Message}"];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<SystemCallTrace> RecordAsync()
    {
        var file = Path.Combine(_folder, "trace");
        var start = new ProcessStartInfo("strace", [.. SystemCallTrace.Arguments, "-o", file, "--", Host, Path.Combine(_folder, "data"), "cut", "8", "12", "60"])
        {
            RedirectStandardOutput = true,
        };
        using var process = StartTraced(start);
        await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
        var trace = SystemCallTrace.Read(File.ReadLines(file));
        Assert.Equal(8 * 12 * 3, trace.Operations.OfType<SystemCallTrace.Told>().Count(told => told.Line.StartsWith('R')));
        return trace;
    }

    private static Process StartTraced(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("strace is not installed: apt-get install strace");
            throw;
        }
    }

    // Everything that reached the pipe was told, whatever became of the process.
    private static async Task<List<string>> RunAndKillAsync(string data, string prefix, int receiptsMin)
    {
        using var process = Process.Start(new ProcessStartInfo(Host, [data, prefix, "8", "0", "200"]) { RedirectStandardOutput = true })!;
        var told = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            told.Add(line);
            if (told.Count == receiptsMin)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync(Token);
        return told;
    }

    private static string Host => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "PaymentMonitor.StoreHost.exe" : "PaymentMonitor.StoreHost");
}
