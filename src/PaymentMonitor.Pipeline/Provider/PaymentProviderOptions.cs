namespace PaymentMonitor.Pipeline;

/// <summary>How the payment provider is reached: docs/payment-provider.md has the wire format.</summary>
public sealed record PaymentProviderOptions
{
    /// <summary>What the paths are appended to; http or https.</summary>
    public required Uri Address { get; init; }

    /// <summary>Sent as <c>Authorization: Bearer</c>; null: nothing is sent.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Whether refunds are made through the provider. False where business systems make and report them.</summary>
    public bool MakesRefunds { get; init; } = true;

    /// <summary>How long one call may take, at most a minute. A call is tried twice more where the provider is at fault.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long after a payment the provider may still not show it: an "unpaid" to a machine's claim is not believed before that. The
    /// machine knows from the customer's app, which can be ahead of the provider's own books.
    /// </summary>
    public TimeSpan ShowsPaymentsWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An order of which nothing was heard for so long is left to a person.</summary>
    public TimeSpan LeavesAfter { get; init; } = TimeSpan.FromDays(7);

    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    public void Validate()
    {
        Require(Address is { IsAbsoluteUri: true, Scheme: "http" or "https", Query: "", Fragment: "" }, nameof(Address), "an absolute http or https address without a query");
        Require(ApiKey is null || (ApiKey.Length > 0 && ApiKey.All(c => c is > ' ' and <= '~')), nameof(ApiKey), "printable ASCII without spaces");
        Require(AttemptTimeout > TimeSpan.Zero && AttemptTimeout <= TimeSpan.FromMinutes(1), nameof(AttemptTimeout), "above zero and at most a minute");
        Require(ShowsPaymentsWithin >= TimeSpan.Zero, nameof(ShowsPaymentsWithin), "zero or more");
        Require(LeavesAfter > TimeSpan.Zero, nameof(LeavesAfter), "above zero");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(PaymentProviderOptions)}.{name} must be {rule}.");
        }
    }
}
