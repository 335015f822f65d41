using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

/// <summary>What the HTTP API answers, and how it refuses.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task Orders_are_listed_newest_first_a_page_at_a_time()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        for (var i = 1; i <= 5; i++)
        {
            await machine.SayAsync($"o-{i}", TestMachine.Created());
        }

        var pages = new List<string>();
        for (var next = "/api/orders?limit=2"; next is not null;)
        {
            var page = await server.GetAsync(next);
            pages.Add(string.Join(' ', Ids(page)));
            next = page["continuation"] is { } continuation ? $"/api/orders?limit=2&continuation={continuation}" : null;
        }

        Assert.Equal(["o-5 o-4", "o-3 o-2", "o-1"], pages);
    }

    [Fact]
    public async Task Orders_are_found_by_each_condition_and_by_several()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        await using var first = await server.NewMachineAsync("m-1", "qr", "card-terminal");
        await using var second = await server.NewMachineAsync("m-2");
        await first.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));
        time.Advance(TimeSpan.FromMinutes(1));
        await first.SayAsync("o-2", TestMachine.Created(), TestMachine.Paid("p-2"), new OrderEvent.ShipmentCompleted());
        time.Advance(TimeSpan.FromMinutes(1));
        await second.SayAsync("o-3", TestMachine.Created(), TestMachine.Paid("p-3"));

        Assert.Equal(["o-3", "o-2", "o-1"], Ids(await server.GetAsync("/api/orders")));
        Assert.Equal(["o-2", "o-1"], Ids(await server.GetAsync("/api/orders?machineId=m-1")));
        Assert.Equal(["o-2"], Ids(await server.GetAsync("/api/orders?status=completed")));
        Assert.Equal(["o-3"], Ids(await server.GetAsync("/api/orders?status=ShipmentAllowed")));
        Assert.Equal(["o-1"], Ids(await server.GetAsync("/api/orders?status=Created&machineId=m-1")));
        Assert.Equal(["o-3"], Ids(await server.GetAsync("/api/orders?paymentId=p-3")));
        Assert.Equal(["o-1"], Ids(await server.GetAsync("/api/orders?paymentRef=ref-1")));
        Assert.Empty(Ids(await server.GetAsync("/api/orders?paymentRef=ref-1&machineId=m-2")));
        Assert.Equal(["o-3", "o-2"], Ids(await server.GetAsync("/api/orders?from=2026-11-23T12:01:00Z")));
        Assert.Equal(["o-2", "o-1"], Ids(await server.GetAsync("/api/orders?to=2026-11-23T12:02:00Z")));
        Assert.Equal(["o-2"], Ids(await server.GetAsync("/api/orders?from=2026-11-23T13:01:00%2B01:00&to=2026-11-23T12:02:00Z")));
    }

    [Theory]
    [InlineData("/api/orders?limit=0")]
    [InlineData("/api/orders?limit=1001")]
    [InlineData("/api/orders?status=Paidd")]
    [InlineData("/api/orders?status=99")]
    [InlineData("/api/orders?machineId=a%20b")]
    [InlineData("/api/orders?paymentId=a%20b")]
    [InlineData("/api/orders?paymentRef=a%20b")]
    [InlineData("/api/orders?continuation=next")]
    [InlineData("/api/orders?continuation=99999999999999999999")]
    [InlineData("/api/orders/m-1/a%20b")]
    [InlineData("/api/machines?limit=0")]
    [InlineData("/api/machines?after=a%20b")]
    [InlineData("/api/dead-letters?limit=0")]
    [InlineData("/api/dead-letters?continuation=-1")]
    public async Task A_wrong_parameter_is_named(string path)
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(server.Operator.GetAsync(path)));
    }

    [Theory]
    [InlineData("/api/orders?limit=many", HttpStatusCode.BadRequest, "invalid-request")]
    [InlineData("/api/orders?from=yesterday", HttpStatusCode.BadRequest, "invalid-request")]
    [InlineData("/api/machines/m-1/rotate", HttpStatusCode.MethodNotAllowed, "wrong-method")]
    [InlineData("/api/guess", HttpStatusCode.NotFound, "unknown-route")]
    public async Task What_no_route_can_read_is_refused_by_name(string path, HttpStatusCode status, string name)
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal((status, name), await TestServer.RefusalAsync(server.Operator.GetAsync(path)));
    }

    [Fact]
    public async Task A_wrong_body_is_refused_by_name()
    {
        await using var server = await TestServer.StartAsync();
        using var text = new StringContent("{", null, "application/json");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), await TestServer.RefusalAsync(server.Operator.PostAsync("/api/negotiate", text)));
        Assert.Equal(
            (HttpStatusCode.BadRequest, "invalid-parameter"),
            await TestServer.RefusalAsync(server.Operator.PutAsJsonAsync("/api/machines/m-1", new { channels = new[] { "q r" } })));
        Assert.Equal(
            (HttpStatusCode.BadRequest, "no-channels"),
            await TestServer.RefusalAsync(server.Operator.PutAsJsonAsync("/api/machines/m-1", new { secret = new string('s', 40) })));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(server.Operator.PostAsync("/api/machines/m-1/rotate?overlapHours=169", null)));
    }

    [Fact]
    public async Task An_order_that_nobody_reported_is_not_found()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal((HttpStatusCode.NotFound, "unknown-order"), await TestServer.RefusalAsync(server.Operator.GetAsync("/api/orders/m-1/o-1")));
    }

    [Fact]
    public async Task An_event_that_contradicts_its_order_waits_as_a_dead_letter()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Created(amount: 300));

        var letter = Assert.Single((await server.GetAsync("/api/dead-letters"))["items"]!.AsArray())!;

        Assert.Equal(("terms-changed", "m-1", "o-1"), (letter["reason"]!.GetValue<string>(), letter["machineId"]!.GetValue<string>(), letter["orderId"]!.GetValue<string>()));
        Assert.Equal(300, letter["event"]!["data"]!["amount"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_server_that_works_is_healthy_for_everybody()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        // A handshake is answered a moment before the connection counts; a receipt comes after it.
        await machine.SayAsync("o-1", TestMachine.Created());
        using var nobody = server.Client();

        using var answer = await nobody.GetAsync("/healthz");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"status":"healthy","connections":1}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_description_of_the_API_lists_its_routes()
    {
        await using var server = await TestServer.StartAsync(providerSecret: WebhookSecret.Generate());

        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject().Select(path => path.Key.TrimEnd('/')).ToHashSet();

        Assert.Superset(
            new HashSet<string>
            {
                "/api/negotiate",
                "/api/orders",
                "/api/orders/{machineId}/{orderId}",
                "/api/machines",
                "/api/machines/{machineId}",
                "/api/machines/{machineId}/rotate",
                "/api/machines/{machineId}/revoke",
                "/api/dead-letters",
                "/api/provider/callback",
                "/healthz",
            },
            paths);
    }

    private static IEnumerable<string> Ids(JsonNode page) => page["items"]!.AsArray().Select(order => order!["orderId"]!.GetValue<string>());
}
