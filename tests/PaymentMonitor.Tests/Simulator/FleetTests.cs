using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Simulator;

public sealed class FleetTests : IAsyncLifetime
{
    private MemoryBackEnd _backEnd = null!;
    private WebApplication _provider = null!;

    public async ValueTask InitializeAsync()
    {
        _backEnd = await MemoryBackEnd.StartAsync();
        _provider = PaymentProvider.Build(new ProviderOptions
        {
            Callback = new Uri(_backEnd.Endpoint, "/api/provider/callback"),
            Secret = MemoryBackEnd.Secret,
            LostShare = 0.05,
            LateShare = 0.05,
            TwiceShare = 0.05,
            LateBy = TimeSpan.FromMilliseconds(300),
            RedeliverAfter = TimeSpan.FromMilliseconds(300),
        });
        await _provider.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _backEnd.DisposeAsync();
    }

    [Fact]
    public async Task A_sound_back_end_passes()
    {
        var fleet = new Fleet(Options());

        var report = await fleet.RunAsync(TestContext.Current.CancellationToken);

        Assert.Empty(report.Findings);
        Assert.True(report.Passed);
        Assert.Equal(20, report.Connected);
        Assert.Equal(600, report.Events.Sent);
        Assert.Equal(600, report.Events.Receipted);
        Assert.True(report.Orders.Ended > 0);
        Assert.True(report.Decisions.Received > 0);
        Assert.True(report.LatencyMs.Decision.P50 > 0);
        Assert.Contains("qr", report.LatencyMs.ByChannel.Keys);
        Assert.Equal(FleetPhase.Done, fleet.Progress().Phase);
    }

    [Fact]
    public async Task A_receipted_event_that_was_forgotten_fails_the_run()
    {
        _backEnd.Forgets = reported => reported.Body is OrderEvent.ShipmentCompleted;

        var report = await new Fleet(Options()).RunAsync(TestContext.Current.CancellationToken);

        Assert.False(report.Passed);
        Assert.Contains(report.Findings, finding => finding.Contains("shipment.completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_decision_that_changed_its_content_fails_the_run()
    {
        _backEnd.Shows = order => order with { Decisions = [.. order.Decisions.Select(decision => decision with { Reason = "revised" })] };

        var report = await new Fleet(Options()).RunAsync(TestContext.Current.CancellationToken);

        Assert.False(report.Passed);
        Assert.True(report.Decisions.Doubled > 0);
    }

    [Fact]
    public async Task Ending_early_still_gives_a_verdict()
    {
        using var early = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        var report = await new Fleet(Options() with { Duration = TimeSpan.FromHours(1) }).RunAsync(early.Token);

        Assert.True(report.Passed);
        Assert.True(report.Events.Sent > 0);
    }

    [Fact]
    public async Task Orders_that_cannot_be_read_give_no_verdict()
    {
        _backEnd.Shows = _ => throw new InvalidOperationException("The store is damaged.");

        await Assert.ThrowsAsync<FleetException>(() => new Fleet(Options() with { Duration = TimeSpan.FromSeconds(1) }).RunAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_report_has_the_documented_shape()
    {
        var none = new Percentiles(0, 0, 0, 0);
        var report = new FleetReport(
            1, 1, 30, new EventCounts(4, 4, 0, 0), new OrderCounts(1, 1, 0), new DecisionCounts(2, 0, 0),
            new FleetLatencies(none, none, new Dictionary<string, Percentiles> { ["qr"] = none }), 0.1);

        Assert.Equal(
            """{"machines":1,"connected":1,"seconds":30,"events":{"sent":4,"receipted":4,"rejected":0,"setAside":0},"orders":{"created":1,"ended":1,"open":0},"decisions":{"received":2,"lost":0,"doubled":0},"latencyMs":{"receipt":{"p50":0,"p99":0,"p999":0,"max":0},"decision":{"p50":0,"p99":0,"p999":0,"max":0},"byChannel":{"qr":{"p50":0,"p99":0,"p999":0,"max":0}}},"eventsPerSecond":0.1}""",
            report.ToJson());
    }

    private FleetOptions Options() => new()
    {
        Endpoint = _backEnd.Endpoint,
        Subprotocol = PaymentMonitor.Machine.MachineSubprotocol.Json,
        ApiKey = "any",
        Secret = _ => "any",
        Provider = new Uri(_provider.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        Machines = 20,
        EventsPerSecond = 200,
        Duration = TimeSpan.FromSeconds(3),
        Seed = 7,
        AllowedLateness = TimeSpan.FromMilliseconds(500),
        Grace = TimeSpan.FromSeconds(1),
        SettleTimeout = TimeSpan.FromSeconds(10),
    };
}
