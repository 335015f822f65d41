using System.Collections.Concurrent;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>
/// Pushes decisions again, with backoff, while their machine has not confirmed them. It only shortens the wait: what it forgets in
/// a restart is in the answer to the machine's next sync.
/// </summary>
internal sealed class Redelivery(DecisionPush push, TimeProvider time) : BackgroundService
{
    private const int AttemptsMax = 8;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<OrderKey, Waiting> _waiting = new();

    /// <summary>Takes note of an order as it was saved: it waits for a confirmation, or no longer does.</summary>
    internal void Note(Order order)
    {
        var key = new OrderKey(order.MachineId, order.OrderId);
        if (order.Version > order.ConfirmedVersion)
        {
            _waiting[key] = new Waiting(order, Attempt: 0, time.GetUtcNow() + FirstAfter);
        }
        else
        {
            _waiting.TryRemove(key, out _);
        }
    }

    /// <summary>Pushes what is due.</summary>
    internal async Task PushDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var (key, waiting) in _waiting)
        {
            if (waiting.DueAt > now)
            {
                continue;
            }

            await push.SendAsync(waiting.Order, waiting.Order.ConfirmedVersion, cancellationToken, now);
            var next = waiting.Attempt + 1;
            if (next == AttemptsMax)
            {
                _waiting.TryRemove(new(key, waiting));
            }
            else
            {
                var wait = TimeSpan.FromTicks(Math.Min(FirstAfter.Ticks << next, LongestWait.Ticks));
                _waiting.TryUpdate(key, waiting with { Attempt = next, DueAt = now + wait }, waiting);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(LookEvery, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            await PushDueAsync(stoppingToken);
        }
    }

    private sealed record Waiting(Order Order, int Attempt, DateTimeOffset DueAt);
}
