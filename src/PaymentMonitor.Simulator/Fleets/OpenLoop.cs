using System.Security.Cryptography;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>
/// Sends at a steady rate whatever the back end does: each slot of the rate takes the report that is due longest, or else opens a
/// new order. A slow back end makes latencies grow, not the load shrink.
/// </summary>
internal sealed class OpenLoop(FleetOptions options, FleetRun run, IReadOnlyList<SimulatedMachine> machines, CustomerApp? customers)
{
    /// <summary>Until then people are faster than usual, so that the mix of events is the usual one from the start.</summary>
    private static readonly TimeSpan RampUp = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly OrderPlanner _planner = new(options.Seed, options.Faults, options.AllowedLateness, hasProvider: customers is not null);
    private readonly SimulatedMachine[] _machines = Shuffled(machines, options.Seed);
    private readonly string _runId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5));
    private readonly List<Task> _paying = [];
    private TimeSpan _began;
    private int _orders;

    /// <summary>Since the events began.</summary>
    internal TimeSpan Elapsed => _began == default ? TimeSpan.Zero : run.Clock.Now - _began;

    /// <returns>How long events were sent.</returns>
    internal async Task<TimeSpan> RunAsync(CancellationToken cancellationToken)
    {
        _began = run.Clock.Now;
        run.Latencies.From = _began + options.EffectiveWarmUp;

        // On a thread of its own: in the pool it would queue behind the machines that it keeps busy, and be late for their sake.
        await Task.Factory.StartNew(() => Send(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var took = run.Clock.Now - _began;
        await Task.WhenAll(_paying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return took;
    }

    /// <summary>Until all is sent, or until it is ended early: then the verdict is about what was sent until now.</summary>
    private void Send(CancellationToken cancellationToken)
    {
        var slots = (long)(options.EventsPerSecond * options.Duration.TotalSeconds);
        for (var slot = 0L; slot < slots && !cancellationToken.IsCancellationRequested;)
        {
            var now = run.Clock.Now;
            for (var at = At(slot); at <= now && slot < slots; at = At(++slot))
            {
                Fill(at);
            }

            Pay(now, cancellationToken);
            cancellationToken.WaitHandle.WaitOne(Tick);
        }
    }

    private static SimulatedMachine[] Shuffled(IReadOnlyList<SimulatedMachine> machines, int seed)
    {
        var shuffled = machines.ToArray();
        new Random(seed).Shuffle(shuffled);
        return shuffled;
    }

    private TimeSpan At(long slot) => _began + TimeSpan.FromSeconds(slot / options.EventsPerSecond);

    private void Fill(TimeSpan at)
    {
        while (run.Reports.TryTake(at, out var step, out _))
        {
            if (Send(step, at))
            {
                return;
            }
        }

        var machine = _machines[_orders % _machines.Length];
        var reference = PaymentReference.Parse($"{_runId}-{++_orders}");
        var order = machine.Open(OrderId.Parse(reference.Value), reference, _planner.Draw(reference, Math.Min(1, (at - _began) / RampUp)));
        Advance(order, at);

        // A creation that is held back leaves the slot to the next one.
        if (run.Reports.TryTake(at, out var first, out _) && !Send(first, at))
        {
            Fill(at);
        }
    }

    /// <returns>False where nothing was sent yet: it happened, and is held back.</returns>
    private bool Send(Step.Report step, TimeSpan at)
    {
        var reported = step.Stamped ?? step.Order.Machine.Client.Stamp(step.Order.OrderId, step.Body);
        if (step.Stamped is null)
        {
            Advance(step.Order, at);
        }

        if (step is { Stamped: null, HeldBackBy: { } late })
        {
            run.Reports.Add(step with { Stamped = reported }, at + late);
            return false;
        }

        if (step is { Repetition: false, RepeatedAfter: { } after })
        {
            run.Reports.Add(step with { Stamped = reported, Repetition = true }, at + after);
        }

        _ = step.Order.Machine.ReportAsync(step.Order, reported, at);
        return true;
    }

    private void Advance(OrderRun order, TimeSpan at)
    {
        switch (order.NextStep())
        {
            case PlannedStep.Report report:
                run.Reports.Add(new Step.Report(order, report.Body, report.HeldBackBy, report.RepeatedAfter), at + report.After);
                break;
            case PlannedStep.Pay pay:
                run.Payments.Add(new Step.Pay(order, pay.Amount, pay.Behaviour, pay.ClaimedAfter), at + pay.After);
                break;
        }
    }

    private void Pay(TimeSpan now, CancellationToken cancellationToken)
    {
        while (run.Payments.TryTake(now, out var step, out var due))
        {
            Advance(step.Order, due);
            _paying.Add(PayAsync(step, cancellationToken));
        }

        if (_paying.Count > 1_000)
        {
            _paying.RemoveAll(paying => paying.IsCompleted);
        }
    }

    private async Task PayAsync(Step.Pay step, CancellationToken cancellationToken)
    {
        if (await customers!.PayAsync(step, cancellationToken) is { } paymentId && step.ClaimedAfter is { } after)
        {
            var claim = new OrderEvent.PaymentSucceeded(paymentId, step.Amount, step.Order.Plan.Terms.Currency);
            run.Reports.Add(new Step.Report(step.Order, claim), run.Clock.Now + after);
        }
    }
}
