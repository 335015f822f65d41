using Microsoft.DurableTask.Client.Entities;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The entity as it is, under the runtime that really runs entities: its serialisation, its order, its alarms, its restarts.</summary>
public sealed class DurableRuntimeTests(CosmosServer server, AzuriteServer azurite)
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly string _hub = $"t{Guid.NewGuid():n}"[..20];

    [Fact]
    public async Task An_order_is_worked_and_its_alarm_wakes_it()
    {
        using var app = await TestApp.StartAsync(server, time: TimeProvider.System, rules: OrderOptions.Default with { AllowedLateness = TimeSpan.FromMilliseconds(200) });
        await using var runtime = await DurableRuntime.StartAsync(await azurite.ConnectionAsync(), _hub, app.NewEntity);

        await app.ReportAsync(Expiring(TimeProvider.System.GetUtcNow()));
        await IngestAsync(app, runtime, 0..1);
        await app.Hub.SentAsync(2).WaitAsync(Guard);
        await IngestAsync(app, runtime, 1..2);
        await app.WebPubSub.PushedAsync(1).WaitAsync(Guard);

        Assert.Equal(DecisionKinds.TradeClosed, Assert.Single((await app.ReadOrderAsync()).Decisions).Kind);
    }

    [Fact]
    public async Task An_operation_in_which_the_process_died_is_run_again_by_the_next()
    {
        using var app = await TestApp.StartAsync(server, time: TimeProvider.System);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Wire.Around = _ =>
        {
            entered.TrySetResult();
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        };
        var now = TimeProvider.System.GetUtcNow();
        await app.ReportAsync(Created(Order1, now), Paid(Order1, now));
        await using (var dying = await DurableRuntime.StartAsync(await azurite.ConnectionAsync(), _hub, app.NewEntity))
        {
            await IngestAsync(app, dying, 0..2);
            await entered.Task.WaitAsync(Guard);
        }

        using var next = await TestApp.StartAsync(server, time: TimeProvider.System, beside: app);
        await using var runtime = await DurableRuntime.StartAsync(await azurite.ConnectionAsync(), _hub, next.NewEntity);
        await app.WebPubSub.PushedAsync(1).WaitAsync(Guard);

        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single((await next.ReadOrderAsync()).Decisions).Kind);
    }

    private static Pipeline.Report Expiring(DateTimeOffset now)
    {
        return Of(Order1, "created", new OrderEvent.Created(500, Currency.Parse("EUR"), Channel.Parse("cash"), ExpiresInSeconds: 1), now);
    }

    private static Task IngestAsync(TestApp app, DurableEntityClient entities, Range batch) => app.IngestAsync(batch, entities);
}
