using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>Reports that never arrived are asked for in the answer to a sync.</summary>
public sealed class GapTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_missing_report_is_asked_for_until_it_comes()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        using var socket = await ConnectAsync(server);
        await ReportAsync(socket, 1);
        await ReportAsync(socket, 4);
        Assert.Empty(await SyncAsync(socket, seen: 4));

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["7: 2-3"], await SyncAsync(socket, seen: 4));
        Assert.Equal(["7: 2-3", "7: 5-6"], await SyncAsync(socket, seen: 6));

        for (var seq = 2; seq <= 6; seq++)
        {
            await ReportAsync(socket, seq);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(await SyncAsync(socket, seen: 6));
    }

    [Fact]
    public async Task What_was_lost_at_the_end_of_a_boot_is_asked_for_in_the_next_one_also_after_the_servers_restart()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        var secret = await server.RegisterAsync("m-1", "qr");
        using (var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret)))
        {
            await ReportAsync(socket, 1);
            await ReportAsync(socket, 2);
        }

        await server.StopAsync();
        await server.StartAgainAsync();
        using var again = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret));
        await ReportAsync(again, 1, boot: 8);
        await SyncAsync(again, seen: 1, boot: 8, before: """{"boot":7,"seq":4}""");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["7: 3-4"], await SyncAsync(again, seen: 1, boot: 8));
    }

    [Fact]
    public async Task A_rejected_report_and_one_that_is_set_aside_are_seen()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        using var socket = await ConnectAsync(server);
        await ReportAsync(socket, 1);
        await ReportAsync(socket, 2, type: "order.created", data: """{"amount":1,"currency":"EUR","channel":"cash","expiresIn":60}""", status: "rejected");
        await ReportAsync(socket, 3, type: "order.assessed", data: """{"verdict":"approve"}""");
        await ReportAsync(socket, 4);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(await SyncAsync(socket, seen: 4));
        Assert.Single((await server.GetAsync("/api/dead-letters"))["items"]!.AsArray());
    }

    [Fact]
    public async Task What_never_comes_is_given_up_after_a_day_and_shown_with_the_machine()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        var secret = await server.RegisterAsync("m-1", "qr");
        using (var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret)))
        {
            await ReportAsync(socket, 1);
            await ReportAsync(socket, 3);
        }

        _time.Advance(TimeSpan.FromHours(24));
        using (var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret)))
        {
            Assert.Empty(await SyncAsync(socket, seen: 3));
        }

        await server.StopAsync();
        await server.StartAgainAsync();
        var progress = await server.GetAsync("/api/machines/m-1/progress");
        var lost = Assert.Single(progress["lost"]!.AsArray())!;
        Assert.Equal((7, 2, 2), (lost["boot"]!.GetValue<int>(), lost["from"]!.GetValue<int>(), lost["to"]!.GetValue<int>()));
        Assert.Equal((3, 7), (progress["contiguous"]!.GetValue<int>(), progress["boot"]!.GetValue<int>()));
        Assert.Empty(progress["missing"]!.AsArray());
    }

    private static async Task<TestClient> ConnectAsync(TestServer server) =>
        await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "qr")));

    private static async Task ReportAsync(TestClient socket, int seq, int boot = 7, string type = "payment.started", string data = "{}", string status = "accepted")
    {
        await socket.SendEventAsync("order", $$"""{"id":"e-{{boot}}-{{seq}}","type":"{{type}}","orderId":"o-1","time":"2026-11-23T12:00:00Z","boot":{{boot}},"seq":{{seq}},"data":{{data}}}""");
        Assert.Equal(status, (await socket.ReadJsonAsync()).GetProperty("data").GetProperty("status").GetString());
    }

    private static async Task<IEnumerable<string>> SyncAsync(TestClient socket, int seen, int boot = 7, string? before = null)
    {
        await socket.SendEventAsync("sync", $$"""{"confirmed":[],"seen":{"boot":{{boot}},"seq":{{seen}}}{{(before is null ? "" : $",\"before\":{before}")}}}""");
        var answer = (await socket.ReadJsonAsync()).GetProperty("data");
        return [.. answer.GetProperty("resend").EnumerateArray().Select(Range)];
    }

    private static string Range(JsonElement range) => $"{range.GetProperty("boot")}: {range.GetProperty("from")}-{range.GetProperty("to")}";
}
