using System.Diagnostics;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>The program <c>paymentmonitor</c> as people run it: a process with a command line.</summary>
internal static class PaymentMonitorProgram
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(3);

    internal static async Task<Outcome> RunAsync(params string[] arguments)
    {
        var path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor");
        using var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var guard = new CancellationTokenSource(Guard);
        try
        {
            await process.WaitForExitAsync(guard.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new Outcome(process.ExitCode, await output, await errors);
    }

    internal sealed record Outcome(int ExitCode, string Output, string Errors);
}
