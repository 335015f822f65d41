using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

/// <summary>A person ends an order that waits for one.</summary>
public sealed class ResolveTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unresolved_order_ends_by_a_person_and_says_who_when_and_why()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        await using var machine = await server.NewMachineAsync();
        await UnresolvedAsync(server, machine, time);

        using var answer = await ResolveAsync(server, "refunded", "Paid back in cash.");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var order = await server.OrderAsync("m-1", "o-1", order => Text(order, "status") == "Refunded");
        var word = order["events"]!.AsArray().Single(e => Text(e!, "type") == "order.resolved")!;
        Assert.Equal("system", Text(word, "source").ToLowerInvariant());
        Assert.Equal(("refunded", "Paid back in cash."), (Text(word["data"]!, "outcome"), Text(word["data"]!, "reason")));
        Assert.StartsWith("operator-", Text(word["data"]!, "by"), StringComparison.Ordinal);
        Assert.Equal(time.GetUtcNow(), word["receivedAt"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task An_order_that_waits_for_nobody_is_not_ended_by_hand()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());

        Assert.Equal((HttpStatusCode.Conflict, "not-unresolved"), await TestServer.RefusalAsync(ResolveAsync(server, "closed", "Because.")));
        Assert.Empty((await server.GetAsync("/api/dead-letters"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Of_two_people_that_end_an_order_at_once_the_first_counts()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        await using var machine = await server.NewMachineAsync();
        await UnresolvedAsync(server, machine, time);

        var answers = await Task.WhenAll(ResolveAsync(server, "closed", "One."), ResolveAsync(server, "refunded", "Other."), ResolveAsync(server, "completed", "Third."));

        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.Conflict));
        Assert.Contains(answers, answer => answer.StatusCode is HttpStatusCode.Accepted);
        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Single(order["events"]!.AsArray(), e => Text(e!, "type") == "order.resolved");
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task What_is_missing_or_wrong_is_named()
    {
        await using var server = await TestServer.StartAsync();
        using var integrator = server.Client(server.NewKey("integrator"));

        Assert.Equal((HttpStatusCode.BadRequest, "unknown-outcome"), await TestServer.RefusalAsync(ResolveAsync(server, "paid", "Because.")));
        Assert.Equal((HttpStatusCode.BadRequest, "no-reason"), await TestServer.RefusalAsync(ResolveAsync(server, "closed", " ")));
        Assert.Equal((HttpStatusCode.BadRequest, "no-reason"), await TestServer.RefusalAsync(ResolveAsync(server, "closed", new string('x', 257))));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-order"), await TestServer.RefusalAsync(ResolveAsync(server, "closed", "Because.")));
        Assert.Equal(
            (HttpStatusCode.Forbidden, "wrong-role"),
            await TestServer.RefusalAsync(integrator.PostAsJsonAsync("/api/orders/m-1/o-1/resolve", new { outcome = "closed", reason = "Because." }, Stop)));
    }

    // Allowed, and then never heard of again.
    private static async Task UnresolvedAsync(TestServer server, TestMachine machine, FakeTimeProvider time)
    {
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        time.Advance(TimeSpan.FromSeconds(121));
        await server.OrderAsync("m-1", "o-1", order => Text(order, "status") == "Unresolved");
    }

    private static Task<HttpResponseMessage> ResolveAsync(TestServer server, string outcome, string reason)
    {
        return server.Operator.PostAsJsonAsync("/api/orders/m-1/o-1/resolve", new { outcome, reason }, Stop);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
