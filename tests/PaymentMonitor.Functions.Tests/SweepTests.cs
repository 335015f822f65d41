using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

public sealed class SweepTests(CosmosServer server)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_whose_alarm_was_lost_is_woken_through_the_log()
    {
        using var app = await StartAsync();
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        var due = (await app.ReadOrderAsync()).Due!.Value;
        app.Entities.LoseSignals();

        app.Clock.SetUtcNow(due + OrderSweep.Grace + TimeSpan.FromMinutes(1));
        await SweepAsync(app);

        Assert.Empty((await app.ReadOrderAsync()).Decisions);
        Assert.True(LoggedEvent.TryDecode(app.Hub.Events[^1], out var wake, out _));
        Assert.Equal(EventSource.System, wake.Source);
        await app.RunAsync();
        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
    }

    [Fact]
    public async Task An_order_that_its_alarm_woke_is_left_alone()
    {
        using var app = await StartAsync();
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        await app.AdvanceAsync(TimeSpan.FromMinutes(5));
        var logged = app.Hub.Events.Count;

        await SweepAsync(app);

        Assert.Equal(logged, app.Hub.Events.Count);
    }

    [Fact]
    public async Task An_order_whose_wake_waits_in_a_backlog_is_looked_at_again_until_something_came_of_it()
    {
        using var app = await StartAsync();
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Entities.LoseSignals();
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await SweepAsync(app);
        Assert.Equal(2, app.Hub.Events.Count);

        app.Clock.Advance(OrderSweep.LookAgainAfter + OrderSweep.Grace + TimeSpan.FromMinutes(1));
        await SweepAsync(app);
        Assert.Equal(3, app.Hub.Events.Count);

        await app.RunAsync();
        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
        app.Clock.Advance(OrderSweep.LookAgainAfter + OrderSweep.Grace + TimeSpan.FromMinutes(1));
        await SweepAsync(app);
        Assert.Equal(3, app.Hub.Events.Count);
    }

    [Fact]
    public async Task A_sweep_that_fails_half_way_is_taken_up_where_it_ended()
    {
        using var app = await StartAsync();
        await app.ReportAsync(Created(Order1, Noon));
        await app.RunAsync();
        app.Entities.LoseSignals();
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        app.Hub.FailNext(new global::Azure.Messaging.EventHubs.EventHubsException(true, "orders", "no", global::Azure.Messaging.EventHubs.EventHubsException.FailureReason.ServiceTimeout));
        await Assert.ThrowsAsync<PaymentMonitor.Pipeline.LogUnavailableException>(() => SweepAsync(app));

        await SweepAsync(app);

        Assert.Equal(2, app.Hub.Events.Count);
    }

    private static Task SweepAsync(TestApp app)
    {
        var sweep = new OrderSweep(app.Database, app.Orders, app.Log, app.Clock);
        return new Sweep(sweep, NullLogger<Sweep>.Instance).RunAsync(new Microsoft.Azure.Functions.Worker.TimerInfo(), Stop);
    }

    /// <summary>The sweep has come as far as noon.</summary>
    private async Task<TestApp> StartAsync()
    {
        var app = await TestApp.StartAsync(server);
        await new DueOrders(app.Database).SetSweptToAsync(Noon, Stop);
        return app;
    }
}
