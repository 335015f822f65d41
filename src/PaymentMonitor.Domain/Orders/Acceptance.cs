namespace PaymentMonitor.Domain;

/// <summary>What became of an envelope: "already so" and "not possible" are answers, not exceptions.</summary>
public abstract record Acceptance
{
    private Acceptance()
    {
    }

    /// <summary>It is in the order's set, or it was a wake, which is applied and never stored.</summary>
    public sealed record Accepted : Acceptance
    {
        public static Accepted Instance { get; } = new();
    }

    /// <summary>A repeat: the first envelope with this id, or the first verdict, stands.</summary>
    public sealed record Ignored : Acceptance
    {
        public static Ignored Instance { get; } = new();
    }

    /// <summary>It cannot count for this order, and a person should be able to see it.</summary>
    /// <param name="Reason">One of <see cref="SetAsideReasons"/>.</param>
    public sealed record SetAside(string Reason) : Acceptance;
}

/// <summary>Why the rules set an envelope aside.</summary>
public static class SetAsideReasons
{
    /// <summary>The source may not say this.</summary>
    public const string WrongSource = "wrong-source";

    /// <summary>The order exists already, with other terms.</summary>
    public const string TermsChanged = "terms-changed";

    /// <summary>The order holds as many envelopes as it may; it carries the flag of the same name from then on.</summary>
    public const string OrderFull = "order-full";

    /// <summary>An amount outside 1 to <see cref="Contracts.OrderEvent.MaxAmount"/>.</summary>
    public const string InvalidAmount = "invalid-amount";

    /// <summary>An expiry outside 1 to <see cref="Contracts.OrderEvent.Created.MaxExpiresInSeconds"/> seconds.</summary>
    public const string InvalidExpiry = "invalid-expiry";

    /// <summary>A verdict that is neither approve nor deny.</summary>
    public const string UnknownVerdict = "unknown-verdict";

    /// <summary>A question that the rules don't have.</summary>
    public const string UnknownQuestion = "unknown-question";

    /// <summary>A time-out of a window that the rules don't have.</summary>
    public const string UnknownWindow = "unknown-window";

    /// <summary>An operator's outcome that is not one of <see cref="Resolutions"/>.</summary>
    public const string UnknownOutcome = "unknown-outcome";

    /// <summary>An operator wanted to end an order that waits for nobody.</summary>
    public const string NotUnresolved = "not-unresolved";
}
