using System.Net;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Works the log into Cosmos DB: a batch at a time, orders side by side, the events of one in the order of the log. Only when all of a
/// batch is confirmed as saved do the rows of the feed and the position go into the data folder, in one transaction; so a crash in
/// between has the batch worked once more, which changes nothing in Cosmos DB and brings the rows that are missing.
/// </summary>
internal sealed partial class OrderSaves(EmbeddedStore store, OrderSteps steps, TimeProvider time, ILogger<OrderSaves> logger) : BackgroundService
{
    private const int BatchMax = 256;
    private const int AtOnce = 32;
    private const int ConflictsMax = 8;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(5);

    private readonly Growth _grew = new();
    private int _failing;

    /// <summary>True while an order cannot be saved: events wait in the log.</summary>
    internal bool IsFailing => Volatile.Read(ref _failing) > 0;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Loop.LogGrew += _grew.Note;
        var position = store.WorkedTo();
        do
        {
            while (store.ReadLog(position, BatchMax) is { Count: > 0 } rows)
            {
                var saved = await SaveAllAsync(rows, stoppingToken);
                position = rows[^1].Position;
                await RepeatAsync("the data folder", () => store.Loop.WriteAsync(work => work.Take(saved, position), stoppingToken), stoppingToken);
            }
        }
        while (await _grew.WaitAsync(stoppingToken));
    }

    private async Task<List<SavedOrder>> SaveAllAsync(IReadOnlyList<LogRow> rows, CancellationToken cancellationToken)
    {
        var orders = rows.Select(Step).GroupBy(step => new OrderKey(step.MachineId, step.OrderId)).ToList();
        var saved = new SavedOrder?[orders.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, orders.Count, options, async (i, token) => saved[i] = await SaveAsync(orders[i].Key, [.. orders[i]], token));
        return [.. saved.OfType<SavedOrder>()];
    }

    private async Task<SavedOrder?> SaveAsync(OrderKey key, IReadOnlyList<WorkStep> order, CancellationToken cancellationToken)
    {
        var (first, woken) = (order[0].ReceivedAt, order.LastOrDefault(step => step.IsWake)?.ReceivedAt);
        var after = await RepeatAsync(key.ToString(), TakeAsync, cancellationToken);
        return after is null ? null : new SavedOrder(after, first.ToUnixTimeMilliseconds(), woken?.ToUnixTimeMilliseconds());

        async Task<Order?> TakeAsync()
        {
            try
            {
                return (await steps.TakeAsync(key, order, ConflictsMax, cancellationToken)).After;
            }
            catch (Exception e) when (e is FormatException or CosmosException { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge })
            {
                // It will never be saved, and the orders behind it shall not wait for that.
                foreach (var step in order)
                {
                    await steps.SetAsideAsync(step, "not-saved", e.Message, cancellationToken);
                }

                return null;
            }
        }
    }

    /// <summary>Until it is done: the log keeps what waits.</summary>
    private async Task<T> RepeatAsync<T>(string what, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                var result = await action();
                if (failures > 0)
                {
                    Interlocked.Decrement(ref _failing);
                }

                return result;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (failures == 0)
                {
                    Interlocked.Increment(ref _failing);
                    Log.NotSaved(logger, what, e);
                }

                var delay = FirstDelay * Math.Pow(2, Math.Min(failures, 10));
                await Task.Delay(delay < DelayMax ? delay : DelayMax, time, cancellationToken);
            }
        }
    }

    private static WorkStep Step(LogRow row)
    {
        // The intake has read it before it was appended, and so did the sweep.
        if (!EventJson.TryRead(row.Event, out var reported, out var refusal))
        {
            throw new InvalidOperationException($"The log cannot be read at {row.Position}: {refusal.Error.Message}");
        }

        var position = $"{row.MachineId}:{reported.OrderId}-{row.Position}";
        return new WorkStep(position, row, reported.OrderId) { IsWake = reported.Body is OrderEvent.Due };
    }

    private sealed record WorkStep(string Place, LogRow Row, OrderId Order)
        : OrderStep(Place, Row.MachineId, Order, Row.Source, DateTimeOffset.FromUnixTimeMilliseconds(Row.ReceivedAtMs), Row.Event)
    {
        internal bool IsWake { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6401, Level = LogLevel.Error, Message = "{What} could not be saved; it is tried again until it is, and events wait in the log")]
        internal static partial void NotSaved(ILogger logger, string what, Exception exception);
    }
}
