using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Tests.Server;

public sealed class RefundReportTests
{
    private const string Path = "/api/orders/m-1/o-1/refunds/m-1:o-1:p-1";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task A_business_system_that_made_a_refund_ends_the_order_and_is_named_in_it()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await RefundDueAsync(server);
        using var integrator = server.Client(server.NewKey(Roles.Integrator));

        using var first = await integrator.PostAsJsonAsync(Path, new { outcome = "completed" });
        var order = await server.OrderAsync("m-1", "o-1", o => o["status"]!.GetValue<string>() == "Refunded");
        using var again = await integrator.PostAsJsonAsync(Path, new { outcome = "completed" });

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (first.StatusCode, again.StatusCode));
        var refund = Assert.Single(order["events"]!.AsArray(), e => e!["type"]!.GetValue<string>() == "refund.completed")!;
        Assert.StartsWith("integrator-", refund["data"]!["by"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "already-refunded"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync(Path, new { outcome = "failed" })));
    }

    [Fact]
    public async Task Three_failures_leave_the_order_to_a_person_and_a_repeat_is_no_failure_of_its_own()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await RefundDueAsync(server);
        using var integrator = server.Client(server.NewKey(Roles.Integrator));
        foreach (var key in new[] { "try-1", "try-1", "try-1", "try-2" })
        {
            await FailAsync(integrator, key);
        }

        var waiting = await server.OrderAsync("m-1", "o-1", o => o["events"]!.AsArray().Count(e => e!["type"]!.GetValue<string>() == "refund.failed") == 2);
        Assert.Equal("RefundDue", waiting["status"]!.GetValue<string>());

        await FailAsync(integrator, "try-3");
        await server.OrderAsync("m-1", "o-1", o => o["status"]!.GetValue<string>() == "Unresolved");
    }

    [Fact]
    public async Task A_refund_that_no_order_wants_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));
        using var integrator = server.Client(server.NewKey(Roles.Integrator));

        // Never paid, never heard of, and not a refund of this order.
        Assert.Equal((HttpStatusCode.NotFound, "unknown-refund"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync(Path, new { outcome = "completed" })));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-order"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync("/api/orders/m-1/o-2/refunds/m-1:o-2:p-1", new { outcome = "completed" })));
        var order = await server.OrderAsync("m-1", "o-1");
        Assert.Single(order["events"]!.AsArray());
    }

    [Fact]
    public async Task A_report_that_cannot_be_understood_is_refused_by_its_rule()
    {
        await using var server = await TestServer.StartAsync(time: _time);
        await RefundDueAsync(server);
        using var integrator = server.Client(server.NewKey(Roles.Integrator));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync(Path, new { outcome = "perhaps" })));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync(Path, new { outcome = "failed", reason = new string('x', 257) })));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync("/api/orders/M_1/o-1/refunds/r", new { outcome = "completed" })));
        integrator.DefaultRequestHeaders.Add("Idempotency-Key", "no/slashes");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-parameter"), await TestServer.RefusalAsync(integrator.PostAsJsonAsync(Path, new { outcome = "failed" })));
    }

    [Fact]
    public async Task A_reader_may_not_report_refunds()
    {
        await using var server = await TestServer.StartAsync();
        using var reader = server.Client(server.NewKey(Roles.Reader));

        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await TestServer.RefusalAsync(reader.PostAsJsonAsync(Path, new { outcome = "completed" })));
    }

    private static async Task FailAsync(HttpClient integrator, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(new { outcome = "failed", reason = "closed account" }) };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await integrator.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    // Paid at the terminal, and jammed after the permission: the payment goes back after the lateness.
    private async Task RefundDueAsync(TestServer server)
    {
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        await machine.NextDecisionAsync();
        await machine.SayAsync("o-1", new OrderEvent.ShipmentFailed("jam"));
        _time.Advance(TimeSpan.FromSeconds(10));
        await server.OrderAsync("m-1", "o-1", o => o["decisions"]!.AsArray().Any(decision => decision!["kind"]!.GetValue<string>() == "refund.due"));
    }
}
