using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using StackExchange.Redis;
using Order = PaymentMonitor.Domain.Order;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>
/// One worker per stream: reads a batch, applies it to the orders in memory, saves the changed ones in one transaction, then
/// acknowledges and tells the machines. After a crash the unacknowledged entries come again; the rules ignore repeats by event id.
/// </summary>
internal sealed class OrderWorkers(
    ReportStreams streams, IConnectionMultiplexer redis, OrderTable table, OrderWorkflow workflow, Terminals terminals, PeerOptions options) : BackgroundService
{
    private const string Consumer = "worker";

    /// <summary>Orders kept in memory, per stream. A worker is the only one who writes its machines' orders, so memory is never stale.</summary>
    private const int MaxCached = 200_000;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        return Task.WhenAll(Enumerable.Range(0, PeerOptions.Partitions).Select(partition => WorkAsync(partition, stoppingToken)));
    }

    private async Task WorkAsync(int partition, CancellationToken stopping)
    {
        var (database, key) = (redis.GetDatabase(), ReportStreams.Key(partition));
        try
        {
            _ = await database.StreamCreateConsumerGroupAsync(key, ReportStreams.Group, StreamPosition.Beginning);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // Made by an earlier run.
        }

        var cache = new Dictionary<(string Machine, string OrderId), Order>();
        // First what an earlier run read and did not acknowledge, then what is new.
        var position = (RedisValue)"0-0";
        while (!stopping.IsCancellationRequested)
        {
            var entries = await database.StreamReadGroupAsync(key, ReportStreams.Group, Consumer, position, PeerOptions.BatchSize);
            if (entries.Length > 0)
            {
                await WorkAsync(cache, [.. entries.Select(Entry.From)], stopping);
                _ = database.StreamAcknowledgeAsync(key, ReportStreams.Group, [.. entries.Select(e => e.Id)], CommandFlags.FireAndForget);
            }
            else if (position == StreamPosition.NewMessages)
            {
                _ = await streams.Bell(partition).ReadAsync(stopping);
            }
            else
            {
                position = StreamPosition.NewMessages;
            }
        }
    }

    private async Task WorkAsync(Dictionary<(string Machine, string OrderId), Order> cache, List<Entry> entries, CancellationToken stopping)
    {
        if (cache.Count > MaxCached)
        {
            cache.Clear();
        }

        var changed = new Dictionary<(string, string), Order>();
        var decisions = new List<(string Machine, Decision Decision)>();
        foreach (var entry in entries)
        {
            if (entry.Kind == EntryKind.Confirmation)
            {
                var sync = JsonSerializer.Deserialize(entry.Json, WireJson.Default.SyncRequest)!;
                foreach (var (orderId, version) in sync.Confirmed)
                {
                    if (await FindAsync(cache, entry.Machine, orderId.Value, stopping) is { } order)
                    {
                        Keep(order with { ConfirmedVersion = Math.Clamp(version, order.ConfirmedVersion, order.Version) });
                    }
                }

                continue;
            }

            var envelope = ToEnvelope(entry);
            var before = await FindAsync(cache, entry.Machine, envelope.Event.OrderId.Value, stopping);
            var after = workflow.Work(before, envelope).Order;
            Keep(after);
            foreach (var decision in after.Decisions.AsSpan()[(before?.Version ?? 0)..])
            {
                decisions.Add((entry.Machine, decision));
            }
        }

        await table.SaveAsync(changed.Values, stopping);
        var sends = decisions.Select(d => terminals.SendDecisionAsync(d.Machine, d.Decision));
        if (options.Durable == DurablePoint.Postgres)
        {
            sends = entries.Where(e => e.EventId is not null).Select(e => terminals.SendReceiptAsync(e.Machine, e.EventId!)).Concat(sends);
        }

        await Task.WhenAll(sends);

        void Keep(Order order)
        {
            cache[(order.MachineId.Value, order.OrderId.Value)] = order;
            changed[(order.MachineId.Value, order.OrderId.Value)] = order;
        }
    }

    private async ValueTask<Order?> FindAsync(
        Dictionary<(string Machine, string OrderId), Order> cache, string machine, string orderId, CancellationToken cancellationToken)
    {
        if (cache.TryGetValue((machine, orderId), out var order))
        {
            return order;
        }

        return await table.ReadAsync(machine, orderId, cancellationToken);
    }

    private Envelope ToEnvelope(Entry entry)
    {
        var machine = MachineId.Parse(entry.Machine);
        if (entry.Kind == EntryKind.Due)
        {
            var orderId = OrderId.Parse(Encoding.UTF8.GetString(entry.Json));
            var wake = new ReportedEvent(EventId.Parse($"{orderId}/due"), orderId, new OrderEvent.Due(), entry.ReceivedAt);
            return EventTime.Stamp(wake, EventSource.System, machine, entry.ReceivedAt, workflow.Options);
        }

        return EventJson.TryRead(entry.Json, out var reported, out var refusal)
            ? EventTime.Stamp(reported, EventSource.Machine, machine, entry.ReceivedAt, workflow.Options)
            : throw new InvalidDataException($"The stream holds an event that the hub should have refused: {refusal.Error.Message}");
    }
}
