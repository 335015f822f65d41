using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Pushes decisions again, with backoff, while their machine has not confirmed them. It only shortens the wait: what it forgets in
/// a restart is in the answer to the machine's next sync.
/// </summary>
internal sealed class Redelivery(IOrders orders, DecisionPush push, TimeProvider time) : BackgroundService
{
    private const int AttemptsMax = 8;
    private const int OrdersAtOnce = 256;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly DueQueue _due = new();
    private readonly Dictionary<OrderKey, int> _attempts = [];

    /// <summary>Takes note of an order as it was saved: it waits for a confirmation, or no longer does.</summary>
    internal void Note(Order order)
    {
        var key = new OrderKey(order.MachineId, order.OrderId);
        lock (_gate)
        {
            _attempts.Remove(key);
            _due.Set(key, order.Version > order.ConfirmedVersion ? Wakes.ToMs(time.GetUtcNow() + FirstAfter) : null);
        }
    }

    /// <summary>Pushes what is due.</summary>
    internal async Task PushDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (TakeDue(now) is { Count: > 0 } due)
        {
            foreach (var key in due)
            {
                // What was confirmed meanwhile waits for nothing any more.
                if (await orders.ReadAsync(key, cancellationToken) is { } order && order.Version > order.ConfirmedVersion)
                {
                    await push.SendAsync(order, order.ConfirmedVersion, cancellationToken, now);
                    NoteAttempt(key, now);
                }
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

    private List<OrderKey> TakeDue(DateTimeOffset now)
    {
        lock (_gate)
        {
            return _due.Take(now.ToUnixTimeMilliseconds(), OrdersAtOnce);
        }
    }

    private void NoteAttempt(OrderKey key, DateTimeOffset now)
    {
        lock (_gate)
        {
            var attempt = _attempts.GetValueOrDefault(key) + 1;
            if (attempt == AttemptsMax)
            {
                _attempts.Remove(key);
                return;
            }

            _attempts[key] = attempt;
            _due.Set(key, Wakes.ToMs(now + TimeSpan.FromTicks(Math.Min(FirstAfter.Ticks << attempt, LongestWait.Ticks))));
        }
    }
}
