using PaymentMonitor.EndToEnd.Tests.Operations;

namespace PaymentMonitor.EndToEnd.Tests.Server;

public sealed class StartFolderTests
{
    [Fact]
    public async Task The_folder_in_which_a_server_is_started_is_not_watched()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This test reads what a process has open from /proc: run it on Linux.");
        await using var server = await ServeProcess.StartAsync();

        var open = Directory.EnumerateFiles($"/proc/{server.ProcessId}/fd").Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name ?? "").ToList();

        Assert.Contains(open, name => name.StartsWith("socket:", StringComparison.Ordinal));
        Assert.DoesNotContain(open, name => name.Contains("inotify", StringComparison.Ordinal));
    }
}
