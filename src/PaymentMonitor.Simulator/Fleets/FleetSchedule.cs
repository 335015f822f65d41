using System.Diagnostics.CodeAnalysis;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>Something a machine or its customer is about to do.</summary>
internal abstract record Step(OrderRun Order)
{
    /// <param name="Stamped">It happened already and is sent, or sent again, under the id it has.</param>
    /// <param name="Repetition">It was sent before.</param>
    internal sealed record Report(
        OrderRun Order, OrderEvent Body, TimeSpan? HeldBackBy = null, TimeSpan? RepeatedAfter = null, ReportedEvent? Stamped = null, bool Repetition = false) : Step(Order);

    internal sealed record Pay(OrderRun Order, long Amount, string? Behaviour, TimeSpan? ClaimedAfter) : Step(Order);
}

/// <summary>Steps by the time at which they are due. Thread-safe: decisions add to it.</summary>
internal sealed class FleetSchedule<T> where T : Step
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<T, TimeSpan> _steps = new();

    internal void Add(T step, TimeSpan due)
    {
        lock (_lock)
        {
            _steps.Enqueue(step, due);
        }
    }

    internal bool TryTake(TimeSpan now, [NotNullWhen(true)] out T? step, out TimeSpan due)
    {
        lock (_lock)
        {
            if (_steps.TryPeek(out step, out due) && due <= now)
            {
                _steps.Dequeue();
                return true;
            }

            step = null;
            return false;
        }
    }
}
