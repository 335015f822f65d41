using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>How long an errand that is not done waits before it is tried again: doubling, with jitter, up to what its kind bears.</summary>
internal static class ErrandBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CustomerWaits = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NobodyWaits = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PersonWaits = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstAfterFailure = TimeSpan.FromMinutes(1);

    /// <param name="attempts">Attempts before, from 0.</param>
    /// <param name="random">From 0 to 1: the wait is 80 % to 120 % of the step.</param>
    internal static TimeSpan After(ProviderErrands errands, int attempts, double random)
    {
        var longest = errands switch
        {
            _ when (errands & (ProviderErrands.Claim | ProviderErrands.Expiry)) != 0 => CustomerWaits,
            _ when errands.HasFlag(ProviderErrands.Overdue) => PersonWaits,
            _ => NobodyWaits,
        };
        var first = errands == ProviderErrands.Overdue ? FirstAfterFailure : First;
        var step = first * Math.Pow(2, Math.Min(attempts, 20));
        return (step < longest ? step : longest) * (0.8 + (0.4 * random));
    }

    /// <summary>A refund that the provider refused is tried again after a minute, then after ten: it may be a matter of its balance.</summary>
    internal static TimeSpan AfterFailure(int failures) => FirstAfterFailure * Math.Pow(10, Math.Max(0, failures - 1));
}
