namespace PaymentMonitor.Contracts;

/// <summary>What a machine says on every connect and each minute: which decisions it has on its own disk, and how far its reports went.</summary>
/// <param name="Before">The newest number of the boot before: what was lost at its end shows only by this.</param>
public sealed record SyncRequest(IReadOnlyList<Confirmation> Confirmed, SeenUpTo? Seen = null, SeenUpTo? Before = null);

/// <summary>Confirms the decisions of an order up to and including <paramref name="Version"/>.</summary>
public sealed record Confirmation(OrderId OrderId, int Version);

/// <summary>The newest number that the machine has used.</summary>
public sealed record SeenUpTo(long Boot, long Seq);

/// <summary>The answer: every decision not yet confirmed, oldest first, and the reports that never arrived.</summary>
public sealed record SyncAnswer(IReadOnlyList<Decision> Decisions, IReadOnlyList<ResendRange> Resend) : ServerMessage
{
    /// <summary>The back end's clock when it answered, from which a machine learns its own clock's error.</summary>
    public DateTimeOffset? ServerTime { get; init; }
}

/// <summary>Reports <paramref name="From"/> to <paramref name="To"/>, both inclusive, of one boot are missing.</summary>
public sealed record ResendRange(long Boot, long From, long To);
