using System.ComponentModel;
using System.Diagnostics;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;

[assembly: AssemblyFixture(typeof(NodeModules))]

namespace PaymentMonitor.EndToEnd.Tests.WebPubSub;

/// <summary>Microsoft's JavaScript clients, installed once by <c>npm ci</c> beside the scripts that use them. Without Node.js the tests that need it are skipped.</summary>
public sealed class NodeModules : IAsyncLifetime
{
    private const string Remedy = "Node.js is not installed: install version 20 or newer with npm, put it on the PATH, and run the tests again.";

    private bool _isInstalled;

    internal static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "js");

    public async ValueTask InitializeAsync()
    {
        if (!Runs("node") || !Runs("npm"))
        {
            return;
        }

        var marker = Path.Combine(Folder, "node_modules", ".package-lock.json");
        if (!File.Exists(marker) || File.GetLastWriteTimeUtc(marker) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
        {
            await InstallAsync();
        }

        _isInstalled = true;
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Skips the test where there is no Node.js.</summary>
    internal void Require()
    {
        if (!_isInstalled)
        {
            Assert.Skip(Remedy);
        }
    }

    private static async Task InstallAsync()
    {
        using var npm = Process.Start(Start("npm", "ci", "--no-audit", "--no-fund"))!;
        var output = npm.StandardOutput.ReadToEndAsync();
        var errors = npm.StandardError.ReadToEndAsync();
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, $"npm ci failed in {Folder}:\n{await output}\n{await errors}");
    }

    private static bool Runs(string program)
    {
        try
        {
            using var process = Process.Start(Start(program, "--version"))!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static ProcessStartInfo Start(string program, params string[] arguments)
    {
        // On Windows npm is a script, which only the shell starts.
        var (file, all) = OperatingSystem.IsWindows() ? ("cmd", ["/c", program, .. arguments]) : (program, arguments);
        return new ProcessStartInfo(file, all) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
    }
}
