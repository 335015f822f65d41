using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>The names of errands in documents, metrics and logs.</summary>
public static class ProviderErrandNames
{
    private static readonly (ProviderErrands Errand, string Name)[] All =
    [
        (ProviderErrands.Claim, "claim"),
        (ProviderErrands.Expiry, "expiry"),
        (ProviderErrands.Overdue, "overdue"),
        (ProviderErrands.Refund, "refund"),
        (ProviderErrands.Close, "close"),
    ];

    /// <summary>One name for each of them.</summary>
    public static IEnumerable<string> Of(ProviderErrands errands)
    {
        foreach (var (errand, name) in All)
        {
            if (errands.HasFlag(errand))
            {
                yield return name;
            }
        }
    }

    /// <returns>None for a name that a later version gave: it will do that errand again.</returns>
    internal static ProviderErrands Parse(string name)
    {
        foreach (var (errand, known) in All)
        {
            if (known == name)
            {
                return errand;
            }
        }

        return ProviderErrands.None;
    }
}
