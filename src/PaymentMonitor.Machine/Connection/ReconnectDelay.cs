namespace PaymentMonitor.Machine;

/// <summary>
/// How long to wait before the next attempt to connect. One machine's loss is nobody else's, so it tries again at once; what looks as
/// if it hit the whole fleet is followed by a wait anywhere in a longer spread, so that the fleet does not come back in one second.
/// Not thread-safe.
/// </summary>
internal sealed class ReconnectDelay(MachineClientOptions options, Random random)
{
    /// <summary>Only a connection that lasted this long proves that all is well; until then the delays go on growing.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    private int _failures;
    private TimeSpan _lastCeiling;

    /// <param name="end">Why the connection, or the attempt, is over.</param>
    /// <param name="lasted">How long it, or the attempt, took.</param>
    internal TimeSpan Next(ConnectionEnd end, TimeSpan lasted)
    {
        var wasStable = end.Reason is EndReason.Dropped or EndReason.GoingAway or EndReason.Closed && lasted >= StableAfter;
        (_failures, _lastCeiling) = wasStable ? (0, TimeSpan.Zero) : (_failures + 1, _lastCeiling);
        switch (end.Reason)
        {
            case EndReason.Refused:
                return options.RefusedDelay * (1 + random.NextDouble());
            case EndReason.Throttled:
                return end.RetryAfter + Jittered();
            case EndReason.GoingAway:
                return Spread();
            case EndReason.Forgotten:
                // The service forgets connections when it restarts, and then those of the whole fleet. Whoever waited in a spread already
                // need not wait in another.
                return _lastCeiling >= options.ReconnectSpread ? TimeSpan.Zero : Spread();
            default:
                return Jittered();
        }
    }

    private TimeSpan Spread()
    {
        _lastCeiling = options.ReconnectSpread;
        return random.NextDouble() * options.ReconnectSpread;
    }

    private TimeSpan Jittered()
    {
        var attempt = Math.Max(_failures - 1, 0);
        _lastCeiling = options.Backoff.Ceiling(attempt);
        return options.Backoff.Next(attempt, random);
    }
}
