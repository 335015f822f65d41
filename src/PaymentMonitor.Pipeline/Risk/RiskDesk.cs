namespace PaymentMonitor.Pipeline;

/// <summary>
/// The reference data at hand, for orders that need a verdict now. What stands in memory is answered at once; what would take a
/// call or a query (a limit, a risk service) is left to the <see cref="RiskReview"/>, whose answer comes back through the log.
/// </summary>
/// <param name="hasService">Whether a risk service is asked about orders that nothing here refuses.</param>
public sealed class RiskDesk(bool hasService = false)
{
    private volatile RiskRules _rules = RiskRules.None;

    public bool HasService { get; } = hasService;

    /// <summary>Changed as a whole, so that no order is decided by half of a change.</summary>
    public RiskRules Rules
    {
        get => _rules;
        set => _rules = value;
    }
}
