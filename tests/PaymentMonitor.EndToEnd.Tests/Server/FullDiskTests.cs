using System.Diagnostics;
using System.Net;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>The whole server on a file system that is really full.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_is_answered_with_retry_and_what_had_a_receipt_is_there_when_there_is_room_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "This test mounts a small file system: run it as root on Linux.");
        string? folder = null;
        try
        {
            await using var server = await TestServer.StartAsync(prepare: path => Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder = path));
            using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "qr")));
            var accepted = 0;
            while (await ReportAsync(socket, accepted) is "accepted")
            {
                accepted++;
            }

            Assert.Equal("retry", await ReportAsync(socket, accepted));
            using (var health = await server.Operator.GetAsync(new Uri("/healthz", UriKind.Relative)))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            }

            Run("mount", "-o", "remount,size=64m", server.Folder);

            Assert.Equal("accepted", await ReportAsync(socket, accepted));
            for (var i = 0; i <= accepted; i++)
            {
                Assert.Equal("Created", (await server.OrderAsync("m-1", $"o-{i}"))["status"]!.GetValue<string>());
            }

            using (var health = await server.Operator.GetAsync(new Uri("/healthz", UriKind.Relative)))
            {
                Assert.Equal(HttpStatusCode.OK, health.StatusCode);
            }

            await server.StopAsync();
            Run("umount", server.Folder);
            folder = null;
        }
        finally
        {
            if (folder is not null)
            {
                Run("umount", "--lazy", folder);
            }
        }
    }

    /// <returns>The status of the receipt.</returns>
    private static async Task<string?> ReportAsync(TestClient socket, int number)
    {
        await socket.SendEventAsync("order", $$$"""
            {"id":"e-{{{number}}}","type":"order.created","orderId":"o-{{{number}}}","time":"2026-01-01T00:00:00Z","padding":"{{{new string('x', 20_000)}}}","data":{"amount":250,"currency":"EUR","channel":"qr","expiresIn":86400}}
            """);
        return (await socket.ReadJsonAsync()).GetProperty("data").GetProperty("status").GetString();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
