using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PaymentMonitor.Testing;

/// <summary>The servers from npm that tests of the Azure adapters run against: installed once, as the lock file says.</summary>
internal static class NodeServers
{
    internal const string Missing = "Node.js is not installed; with Node.js 20 or newer on the path this test installs and starts its server by itself.";

    internal static bool CanRun => Runs("node") && Runs(Npm());

    /// <summary>Starts a server that ends with the tests.</summary>
    internal static async Task<Process> StartAsync(string arguments)
    {
        await InstallAsync();
        var server = Process.Start(new ProcessStartInfo("node", arguments) { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true })!;
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        return server;
    }

    /// <summary>The next line of the server that contains the text.</summary>
    internal static async Task<string> LineAsync(Process server, string text)
    {
        while (await server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The server ended before it said '{text}'.");
    }

    /// <summary>Once, also when several test projects start together, and again when the lock file has changed.</summary>
    private static async Task InstallAsync()
    {
        var (wanted, done) = (Path.Combine(Folder(), "package-lock.json"), Path.Combine(Folder(), "node_modules", ".installed-for-tests"));
        while (true)
        {
            try
            {
                await using var turn = new FileStream(Path.Combine(Path.GetTempPath(), "paymentmonitor-azure-tests-js.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                if (!File.Exists(done) || !File.ReadAllBytes(wanted).AsSpan().SequenceEqual(File.ReadAllBytes(done)))
                {
                    using var npm = Process.Start(new ProcessStartInfo(Npm(), "ci --no-audit --no-fund") { WorkingDirectory = Folder() })!;
                    await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
                    Assert.True(npm.ExitCode == 0, "npm ci failed: the tests need a package registry, once.");
                    File.Copy(wanted, done, overwrite: true);
                }

                return;
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private static string Npm() => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private static bool Runs(string tool)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(tool, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Folder([CallerFilePath] string thisFile = "")
    {
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../PaymentMonitor.Azure.Tests/js"));
    }
}
