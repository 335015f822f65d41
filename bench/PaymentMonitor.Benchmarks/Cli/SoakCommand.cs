using System.CommandLine;
using System.Globalization;
using PaymentMonitor.Benchmarks.Scenarios;

namespace PaymentMonitor.Benchmarks.Cli;

/// <summary>Whether a server that runs for long stays as it is.</summary>
internal static class SoakCommand
{
    internal static Command Create()
    {
        var machines = new Option<int>("--machines") { Description = "Machines, each on its own WebSocket.", DefaultValueFactory = _ => 2000 };
        var rate = new Option<double>("--rate") { Description = "Events a second, all machines together.", DefaultValueFactory = _ => 1000 };
        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 20 };
        var keep = new Option<int>("--keep") { Description = "Minutes for which the server keeps events and ended orders; what is older is removed each minute.", DefaultValueFactory = _ => 2 };
        var command = new Command("soak", "An even load for a long time with retention at work: memory, disk, and every receipted event looked for at the end. Exit code 1: something grew, was lost or was doubled.")
        {
            machines, rate, minutes, keep,
        };
        command.SetAction(async (parsed, token) =>
        {
            var options = new SoakOptions(parsed.GetValue(machines), parsed.GetValue(rate), TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(keep));
            var result = await Soak.RunAsync(options, Console.Out, token);
            Print(result);
            return result.IsGood ? 0 : 1;
        });
        return command;
    }

    private static void Print(SoakResult result)
    {
        var load = result.Load;
        Write($"{load.SentInAll:N0} events, {load.PerSecond:N0}/s; {load.Unanswered} unanswered; receipt p50 {load.Receipt.P50:F2} p99 {load.Receipt.P99:F1} ms, decision p50 {load.Decision.P50:F2} p99 {load.Decision.P99:F1} ms; {result.Archived:N0} orders archived and removed");
        Write($"managed   {Mb(result.Start.ManagedBytes)} at the start, {Mb(result.Middle.ManagedBytes)} in the middle, {Mb(result.End.ManagedBytes)} at the end");
        Write($"resident  {Mb(result.Start.ResidentBytes)}, {Mb(result.Middle.ResidentBytes)}, {Mb(result.End.ResidentBytes)}");
        Write($"store     {Mb(result.Start.StoreBytes)}, {Mb(result.Middle.StoreBytes)}, {Mb(result.End.StoreBytes)}; archive {Mb(result.End.ArchiveBytes)} at the end");
        Write($"lost      {result.Lost}");
        Write($"doubled   {result.Doubled}");
        Write($"verdict   {(result.IsGood ? "good" : $"not good:{(result.IsMemoryFlat ? "" : " memory grows")}{(result.IsDiskBounded ? "" : " the store grows")}{(result.Lost + result.Doubled + load.Unanswered == 0 ? "" : " events or decisions are wrong")}")}");
    }

    private static string Mb(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{SoakSamples.Mb(bytes):F1} MB");

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
