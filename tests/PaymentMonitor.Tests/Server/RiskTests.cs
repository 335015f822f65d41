using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Server;

/// <summary>Orders that are refused: by the kill switch, deny lists, limits and a risk service.</summary>
public sealed class RiskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Fleet", "", "kill-switch/fleet")]
    [InlineData("Channel", "card-terminal", "kill-switch/channel")]
    [InlineData("Machine", "m-1", "kill-switch/machine")]
    public async Task A_kill_switch_closes_and_refunds_what_would_have_been_allowed(string scope, string value, string by)
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await SetAsync(server, new { kind = "Stop", scope, value, reason = "Incident 4711." });

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));

        var close = await machine.NextDecisionAsync();
        Assert.Equal((DecisionKinds.TradeClosed, "denied"), (close.Kind, close.Reason));
        Assert.Equal(DecisionKinds.RefundDue, (await machine.NextDecisionAsync()).Kind);
        Assert.Equal(("deny", by), Verdict(await server.OrderAsync("m-1", "o-1")));
    }

    [Fact]
    public async Task A_kill_switch_that_is_taken_back_stops_nothing_more_and_both_are_remembered()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await SetAsync(server, new { kind = "Stop", scope = "Fleet", reason = "Incident 4711." });

        using var answer = await server.Operator.PostAsJsonAsync("/api/risk/remove", new { kind = "Stop", scope = "Fleet", reason = "Fixed." }, Stop);
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        Assert.Empty((await server.GetAsync("/api/risk"))["items"]!.AsArray());
        var history = (await server.GetAsync("/api/risk/history"))["items"]!.AsArray();
        Assert.Equal(["Fixed.", "Incident 4711."], history.Select(change => change!["reason"]!.GetValue<string>()));
        Assert.All(history, change => Assert.StartsWith("operator-", change!["by"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Others_than_those_that_are_denied_are_allowed()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync("m-1", "card-terminal", "cash");
        await SetAsync(server, new { kind = "Deny", scope = "Machine", value = "m-2", reason = "Stolen." });
        await SetAsync(server, new { kind = "Deny", scope = "Channel", value = "cash", reason = "Counterfeit." });
        await SetAsync(server, new { kind = "Stop", scope = "Channel", value = "qr", reason = "Provider is down." });

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        await machine.SayAsync("o-2", TestMachine.Created("cash"), TestMachine.Paid("p-2"));
        Assert.Equal("denied", (await machine.NextDecisionAsync()).Reason);
        Assert.Equal(("deny", "deny-list/channel"), Verdict(await server.OrderAsync("m-1", "o-2")));
    }

    [Fact]
    public async Task The_reference_data_counts_again_after_a_restart()
    {
        await using var server = await TestServer.StartAsync();
        await SetAsync(server, new { kind = "Stop", scope = "Fleet", reason = "Incident 4711." });
        await server.StopAsync();

        await server.StartAgainAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));

        Assert.Equal("denied", (await machine.NextDecisionAsync()).Reason);
    }

    [Fact]
    public async Task A_machine_at_its_limit_is_refused_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await using var other = await server.NewMachineAsync("m-2");
        await SetAsync(server, new { kind = "Limit", scope = "Fleet", ordersPerHour = 2, reason = "No machine sells more." });
        for (var i = 1; i <= 3; i++)
        {
            await machine.SayAsync($"o-{i}", TestMachine.Created(), TestMachine.Paid($"p-{i}"));
            Assert.Equal(i <= 2 ? DecisionKinds.ShipmentAllowed : DecisionKinds.TradeClosed, (await machine.NextDecisionAsync()).Kind);
        }

        await other.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-9"));

        Assert.Equal(("deny", "limit/fleet"), Verdict(await server.OrderAsync("m-1", "o-3")));
        Assert.Equal(DecisionKinds.ShipmentAllowed, (await other.NextDecisionAsync()).Kind);
    }

    [Theory]
    [InlineData("""{"verdict":"approve","by":"model-7"}""", "approve", "risk-service/model-7")]
    [InlineData("""{"verdict":"deny"}""", "deny", "risk-service")]
    [InlineData("""{"verdict":"perhaps"}""", "approve", "policy")]
    [InlineData("broken", "approve", "policy")]
    public async Task A_risk_service_decides_and_one_that_cannot_is_stood_in_for(string answer, string verdict, string by)
    {
        await using var service = await RiskService.StartAsync(answer);
        await using var server = await TestServer.StartAsync(risk: new RiskServiceOptions { Address = service.Address, ApiKey = "secret" });
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));

        await machine.NextDecisionAsync();
        Assert.Equal((verdict, by), Verdict(await server.OrderAsync("m-1", "o-1")));
        Assert.Equal("Bearer secret", service.Authorization);
        Assert.Equal(("m-1", "o-1", 250), (service.Question!["machineId"]!.GetValue<string>(), service.Question["orderId"]!.GetValue<string>(), service.Question["amount"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_risk_service_that_does_not_answer_holds_up_no_other_event()
    {
        await using var service = await RiskService.StartAsync("""{"verdict":"deny"}""", hangs: true);
        await using var server = await TestServer.StartAsync(risk: new RiskServiceOptions { Address = service.Address });
        await using var machine = await server.NewMachineAsync();

        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        await machine.SayAsync("o-2", TestMachine.Created());

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await machine.NextDecisionAsync()).Kind);
        Assert.Equal(("approve", "policy"), Verdict(await server.OrderAsync("m-1", "o-1")));
    }

    [Fact]
    public async Task A_wrong_entry_is_refused_by_name_and_an_import_is_all_or_nothing()
    {
        await using var server = await TestServer.StartAsync();
        using var reader = server.Client(server.NewKey("reader"));

        Assert.Equal((HttpStatusCode.BadRequest, "no-reason"), await RefusalAsync(server, new { kind = "Stop", scope = "Fleet" }));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await RefusalAsync(server, new { kind = "Stop", scope = "Machine", value = "a b", reason = "x" }));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await RefusalAsync(server, new { kind = "Stop", scope = "Fleet", value = "m-1", reason = "x" }));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await RefusalAsync(server, new { kind = "Limit", scope = "Machine", value = "m-1", reason = "x" }));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await RefusalAsync(server, new { kind = "Deny", scope = "Fleet", reason = "x" }));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await RefusalAsync(server, new { kind = "Deny", scope = "Coupon", value = "X", ordersPerHour = 1, reason = "x" }));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-entry"), await TestServer.RefusalAsync(server.Operator.PostAsJsonAsync("/api/risk/remove", new { kind = "Stop", scope = "Fleet", reason = "x" }, Stop)));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.PostAsJsonAsync("/api/risk", new { kind = "Stop", scope = "Fleet", reason = "x" }, Stop)));

        var half = new { entries = new object[] { new { kind = "Deny", scope = "Coupon", value = "A", reason = "x" }, new { kind = "Deny", scope = "Machine", value = "a b", reason = "x" } } };
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-entry"), await TestServer.RefusalAsync(server.Operator.PostAsJsonAsync("/api/risk/import", half, Stop)));
        Assert.Empty((await server.GetAsync("/api/risk"))["items"]!.AsArray());
    }

    private static Task<(HttpStatusCode, string?)> RefusalAsync(TestServer server, object entry) =>
        TestServer.RefusalAsync(server.Operator.PostAsJsonAsync("/api/risk", entry, Stop));

    private static async Task SetAsync(TestServer server, object entry)
    {
        using var answer = await server.Operator.PostAsJsonAsync("/api/risk", entry, Stop);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
    }

    private static (string, string) Verdict(JsonNode order)
    {
        var data = order["events"]!.AsArray().Single(e => e!["type"]!.GetValue<string>() == "order.assessed")!["data"]!;
        return (data["verdict"]!.GetValue<string>(), data["by"]!.GetValue<string>());
    }

    /// <summary>A risk service on loopback that gives one answer to everybody.</summary>
    private sealed class RiskService(WebApplication app) : IAsyncDisposable
    {
        private readonly TaskCompletionSource _ends = new();

        internal Uri Address { get; private set; } = null!;

        internal string? Authorization { get; private set; }

        internal JsonNode? Question { get; private set; }

        internal static async Task<RiskService> StartAsync(string answer, bool hangs = false)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var service = new RiskService(app);
            app.MapPost("/verdicts", async (HttpContext context) =>
            {
                service.Authorization = context.Request.Headers.Authorization;
                service.Question = await JsonNode.ParseAsync(context.Request.Body);
                if (hangs)
                {
                    await service._ends.Task;
                }

                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(answer);
            });
            await app.StartAsync(Stop);
            service.Address = new Uri(new Uri(app.Urls.First()), "/verdicts");
            return service;
        }

        public async ValueTask DisposeAsync()
        {
            _ends.SetResult();
            await app.DisposeAsync();
        }
    }
}
