using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Server;

/// <summary>What was set aside: seen, and put back into the log.</summary>
public sealed class DeadLettersTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_letter_is_shown_with_what_it_means()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Created(amount: 300));
        var id = Assert.Single(await ListAsync(server))!["id"]!.GetValue<string>();

        var letter = await server.GetAsync($"/api/dead-letters/{id}");

        Assert.Equal(("terms-changed", "m-1", "o-1", 0), (Text(letter, "reason"), Text(letter, "machineId"), Text(letter, "orderId"), letter["replays"]!.GetValue<int>()));
        Assert.Contains("used an order id twice", Text(letter, "message"), StringComparison.Ordinal);
        Assert.Equal(300, letter["event"]!["data"]!["amount"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_dead_letter_that_still_cannot_count_comes_back_and_says_how_often()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Created(amount: 300));
        var first = Text(Assert.Single(await ListAsync(server))!, "id");

        await ReplayAsync(server, first);
        var second = Text((await ListAsync(server, "replayed=false")).Single()!, "id");
        await ReplayAsync(server, second);

        var letters = await ListAsync(server);
        Assert.Equal([0, 1, 2], letters.Select(letter => letter!["replays"]!.GetValue<int>()));
        Assert.Single(letters.Select(letter => Text(letter!, "eventId")).Distinct());
        Assert.Equal([true, true, false], letters.Select(letter => letter!["replayedAt"] is not null));
        Assert.StartsWith("operator-", Text(letters[0]!, "replayedBy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_count_by_now_counts_after_a_replay_and_once_only()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());
        var paid = new ReportedEvent(EventId.Parse("e-lost"), OrderId.Parse("o-1"), TestMachine.Paid("p-1"), TimeProvider.System.GetUtcNow());
        await SetAsideAsync(server, "m-1-1", EventJson.ToBytes(paid));
        var id = Text(Assert.Single(await ListAsync(server))!, "id");

        await ReplayAsync(server, id);
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        await ReplayAsync(server, id);

        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Single(order["decisions"]!.AsArray());
        Assert.Single(await ListAsync(server));
    }

    [Fact]
    public async Task All_that_match_are_put_back_a_page_at_a_time()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        for (var i = 1; i <= 5; i++)
        {
            var created = new ReportedEvent(EventId.Parse($"e-{i}"), OrderId.Parse($"o-{i}"), TestMachine.Created(), TimeProvider.System.GetUtcNow());
            await SetAsideAsync(server, $"m-1-{i}", EventJson.ToBytes(created), reason: i < 5 ? "not-saved" : "other");
        }

        await SetAsideAsync(server, "m-1-6", "{\"id\":"u8.ToArray(), "not-saved");

        var (replayed, refused, calls) = (0, new List<string>(), 0);
        string? continuation = null;
        do
        {
            using var answer = await server.Operator.PostAsJsonAsync("/api/dead-letters/replay", new { reason = "not-saved", limit = 2, continuation }, Stop);
            var page = await TestServer.JsonAsync(answer);
            replayed += page["replayed"]!.GetValue<int>();
            refused.AddRange(page["refused"]!.AsArray().Select(one => Text(one!, "name")));
            continuation = page["continuation"]?.GetValue<string>();
            calls++;
        }
        while (continuation is not null);

        Assert.Equal((4, "unreadable", 3), (replayed, Assert.Single(refused), calls));
        Assert.Equal(["m-1-5", "m-1-6"], (await ListAsync(server, "replayed=false")).Select(letter => Text(letter!, "position")));
        Assert.Equal("Created", Text(await server.OrderAsync("m-1", "o-4"), "status"));
    }

    [Fact]
    public async Task Bytes_that_no_parser_can_read_are_shown_and_wait_for_a_version_that_can()
    {
        await using var server = await TestServer.StartAsync();
        await SetAsideAsync(server, "m-1-1", [0xff, 0xfe], "malformed");
        var letter = Assert.Single(await ListAsync(server))!;

        Assert.Equal((null, "//4="), (letter["event"], Text(letter, "bytes")));
        Assert.Equal(
            (HttpStatusCode.Conflict, "unreadable"),
            await TestServer.RefusalAsync(server.Operator.PostAsync($"/api/dead-letters/{Text(letter, "id")}/replay", null, Stop)));
        Assert.Null((await server.GetAsync($"/api/dead-letters/{Text(letter, "id")}"))["replayedAt"]);
    }

    [Fact]
    public async Task What_is_not_there_and_who_may_not_are_refused_by_name()
    {
        await using var server = await TestServer.StartAsync();
        using var reader = server.Client(server.NewKey("reader"));

        Assert.Equal((HttpStatusCode.NotFound, "unknown-dead-letter"), await TestServer.RefusalAsync(server.Operator.GetAsync("/api/dead-letters/4711", Stop)));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-dead-letter"), await TestServer.RefusalAsync(server.Operator.PostAsync("/api/dead-letters/x/replay", null, Stop)));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.PostAsync("/api/dead-letters/1/replay", null, Stop)));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.PostAsJsonAsync("/api/dead-letters/replay", new { }, Stop)));
        Assert.Equal(
            (HttpStatusCode.BadRequest, "invalid-parameter"),
            await TestServer.RefusalAsync(server.Operator.PostAsJsonAsync("/api/dead-letters/replay", new { machineId = "a b" }, Stop)));
    }

    private static async Task SetAsideAsync(TestServer server, string position, byte[] body, string reason = "not-saved")
    {
        var letter = new DeadLetter(position, reason, body, MachineId: MachineId.Parse("m-1"), Source: EventSource.Machine);
        await server.Services.GetRequiredService<IDeadLetters>().SetAsideAsync(letter, Stop);
    }

    private static async Task ReplayAsync(TestServer server, string id)
    {
        using var answer = await server.Operator.PostAsync($"/api/dead-letters/{id}/replay", null, Stop);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static async Task<JsonArray> ListAsync(TestServer server, string filter = "") => (await server.GetAsync($"/api/dead-letters?{filter}"))["items"]!.AsArray();

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
