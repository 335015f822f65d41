using System.Diagnostics.Metrics;
using System.Text.Json;
using Azure.Messaging.EventHubs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

public sealed class IngestTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new(Noon);
    private readonly InMemoryHub _hub = new();
    private readonly InMemoryBlobs _blobs = new();
    private readonly InMemoryEntities _entities;

    public IngestTests() => _entities = new InMemoryEntities(() => throw new InvalidOperationException("Nothing is to run here."), _clock);

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task An_append_is_stamped_with_its_arrival_and_goes_under_the_key_of_its_machine()
    {
        _clock.Advance(TimeSpan.FromMilliseconds(1234.5));
        var report = Created(Order1, Noon);

        await AppendAsync(report);

        var data = Assert.Single(_hub.Events);
        Assert.Equal("m-1", data.PartitionKey);
        Assert.Equal(report.Raw.ToArray(), data.EventBody.ToArray());
        Assert.True(LoggedEvent.TryDecode(data, out var logged, out _));
        Assert.Equal(Noon.AddMilliseconds(1234), logged.ReceivedAt);
        Assert.Equal((EventSource.Machine, Order1.MachineId, Order1.OrderId), (logged.Source, logged.MachineId, logged.OrderId));
    }

    [Theory]
    [InlineData(EventHubsException.FailureReason.ServiceBusy, 4)]
    [InlineData(EventHubsException.FailureReason.ServiceTimeout, 1)]
    public async Task A_log_that_does_not_answer_says_when_to_try_again(EventHubsException.FailureReason reason, int seconds)
    {
        _hub.FailNext(new EventHubsException(true, "orders", "no", reason));

        var unavailable = await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync(Created(Order1, Noon)));

        Assert.Equal(TimeSpan.FromSeconds(seconds), unavailable.RetryAfter);
    }

    [Fact]
    public async Task A_batch_becomes_one_signal_for_each_order_with_its_events_in_the_order_of_the_log()
    {
        var other = new OrderKey(MachineId.Parse("m-2"), Order1.OrderId);
        await AppendAsync(Created(Order1, Noon), Created(other, Noon), Paid(Order1, Noon), Shipped(Order1, Noon), Paid(other, Noon));

        await IngestAsync();

        Assert.Equal(["m-1:o-1", "m-2:o-1"], _entities.Signals.Select(signal => signal.Id.Key));
        Assert.Equal([0L, 2, 3], PositionsOf(_entities.Signals[0]));
        Assert.Equal([1L, 4], PositionsOf(_entities.Signals[1]));
    }

    [Fact]
    public async Task What_cannot_be_read_is_set_aside_with_its_bytes_and_holds_up_nothing()
    {
        await AppendAsync(Created(Order1, Noon));
        var properties = _hub.Events[0].Properties;
        _hub.Add(new BinaryData("{\"id\":\"e\",\"type\":\"order.exploded\""), properties, "m-1");
        _hub.Add(new BinaryData("hello"), new Dictionary<string, object>(), "m-1");
        await AppendAsync(Paid(Order1, Noon));

        await IngestAsync();

        Assert.Equal([0L, 3], PositionsOf(Assert.Single(_entities.Signals)));
        Assert.Equal(["malformed/2026/11/23/m-1-1.json", "not-ours/2026/11/23/m-1-2.json"], _blobs.Blobs.Keys.Order());
        Assert.Equal("hello"u8.ToArray(), _blobs.Blobs["not-ours/2026/11/23/m-1-2.json"].GetProperty("body").GetBytesFromBase64());
    }

    [Fact]
    public async Task A_batch_whose_broken_events_cannot_be_set_aside_fails_as_a_whole_so_that_it_comes_again()
    {
        _hub.Add(new BinaryData("hello"), new Dictionary<string, object>(), "m-1");
        _blobs.IsDown = true;

        await Assert.ThrowsAsync<global::Azure.RequestFailedException>(IngestAsync);
    }

    [Fact]
    public async Task An_event_takes_little_room_on_its_way_to_its_order_whatever_was_sent()
    {
        var padded = $$"""{"padding":"{{new string('x', 60_000)}}",{{System.Text.Encoding.UTF8.GetString(Created(Order1, Noon).Raw.Span)[1..]}}""";
        await AppendAsync(Created(Order1, Noon) with { Raw = System.Text.Encoding.UTF8.GetBytes(padded) });

        await IngestAsync();

        Assert.InRange(Assert.Single(_entities.Signals).Input.Length, 100, 1_000);
    }

    private static IEnumerable<long> PositionsOf(InMemoryEntities.Signal signal)
    {
        return JsonSerializer.Deserialize<OrderBatch>(signal.Input)!.Events.Select(logged => logged.Position);
    }

    private async Task AppendAsync(params Report[] reports)
    {
        var log = new EventHubLog(_hub, _clock);
        foreach (var report in reports)
        {
            await log.AppendAsync(report, TestContext.Current.CancellationToken);
        }
    }

    private async Task IngestAsync()
    {
        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var ingest = new Ingest(new BlobDeadLetters(_blobs, new DeadLetterCounter(meters.GetRequiredService<IMeterFactory>()), _clock), meters.GetRequiredService<IMeterFactory>(), _clock, NullLogger<Ingest>.Instance);
        await ingest.RunAsync([.. _hub.Events], new InMemoryDurable(_entities), TestContext.Current.CancellationToken);
    }
}
