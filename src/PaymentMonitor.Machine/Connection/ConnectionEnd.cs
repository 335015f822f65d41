namespace PaymentMonitor.Machine;

/// <summary>Why a connection, or the attempt at one, is over; it decides how long to wait before the next.</summary>
internal enum EndReason
{
    /// <summary>The client is being disposed.</summary>
    Stopped,

    /// <summary>It was open and is gone.</summary>
    Dropped,

    /// <summary>The service ended it for good and said why.</summary>
    Closed,

    /// <summary>The service stops, restarts or moves: what it says to one machine it says to the whole fleet.</summary>
    GoingAway,

    /// <summary>The service no longer knows the connection that was to be recovered.</summary>
    Forgotten,

    /// <summary>No connection came about.</summary>
    Unreachable,

    /// <summary>The back end is busy and said when to ask again.</summary>
    Throttled,

    /// <summary>The connection's token is not accepted; a new one may be.</summary>
    TokenRefused,

    /// <summary>The back end does not know the machine, or no longer.</summary>
    Refused,
}

/// <param name="Detail">For people: never holds a token or a secret.</param>
/// <param name="RetryAfter">What a throttling back end asked for.</param>
internal readonly record struct ConnectionEnd(EndReason Reason, string Detail, TimeSpan RetryAfter = default);
