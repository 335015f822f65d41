namespace PaymentMonitor.Server;

/// <summary>The newest reconciliation that the server was told of.</summary>
/// <param name="At">When it was told.</param>
/// <param name="By">The name of the API key that told it.</param>
/// <param name="Unsettled">Lines of the statement that were too young to be judged.</param>
/// <param name="LeftOff">Differences beyond <see cref="ReconciliationBook.LinesMax"/>, which are only counted.</param>
internal sealed record KeptReconciliation(
    DateTimeOffset At, string By, int Payments, int Refunds, int Unsettled, int LeftOff, IReadOnlyList<KeptDifference> Differences)
{
    /// <summary>Differences that nobody has settled.</summary>
    internal int Open => LeftOff + Differences.Count(difference => difference.Settled is null);
}

/// <inheritdoc cref="Difference"/>
/// <param name="Settled">Set once somebody has seen to it.</param>
internal sealed record KeptDifference(string Kind, Contracts.PaymentId PaymentId, string? Order, string Sentence, Settlement? Settled = null)
{
    internal bool Is(string kind, Contracts.PaymentId paymentId) => Kind == kind && PaymentId == paymentId;
}

/// <summary>Who saw to a difference, and what came of it.</summary>
internal sealed record Settlement(DateTimeOffset At, string By, string Reason);
