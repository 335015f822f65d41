using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>A simulated payment provider: where it listens, whom it calls back, and how unreliable it is.</summary>
public sealed record ProviderOptions
{
    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:0";

    /// <summary>The full address that is called back; merchants can name another by <c>PUT /callback</c>.</summary>
    public required Uri Callback { get; init; }

    /// <summary>What merchants must send as <c>Authorization: Bearer</c>; null: anybody is a merchant.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Signs the callbacks.</summary>
    public required WebhookSecret Secret { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Share of callbacks whose first delivery gets lost on the way, 0 to 1.</summary>
    public double LostShare { get; init; }

    /// <summary>Share of callbacks that are first delivered seconds late, 0 to 1.</summary>
    public double LateShare { get; init; }

    /// <summary>Share of callbacks that are delivered twice, 0 to 1.</summary>
    public double TwiceShare { get; init; }

    /// <summary>Share of merchants' calls that are answered with an error and not done, 0 to 1.</summary>
    public double ErrorShare { get; init; }

    /// <summary>Share of merchants' calls that are answered slowly, 0 to 1.</summary>
    public double SlowShare { get; init; }

    /// <summary>Share of merchants' calls that are done and never answered, 0 to 1.</summary>
    public double SilentShare { get; init; }

    public TimeSpan SlowBy { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a call that is never answered keeps its connection.</summary>
    public TimeSpan SilentFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a payment takes from the customer's tap to the callback, at least and at most.</summary>
    public (TimeSpan Min, TimeSpan Max) Processing { get; init; } = (TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));

    /// <summary>How late a late first delivery is, at most.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The wait before a callback that was not taken is sent again; it doubles each time, up to a minute.</summary>
    public TimeSpan RedeliverAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Callbacks on their way at any time.</summary>
    public int Concurrency { get; init; } = 64;

    internal void Validate()
    {
        Require(Callback is { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(Callback), "an absolute http or https address");
        Require(LostShare is >= 0 and <= 1, nameof(LostShare), "a share from 0 to 1");
        Require(LateShare is >= 0 and <= 1, nameof(LateShare), "a share from 0 to 1");
        Require(TwiceShare is >= 0 and <= 1, nameof(TwiceShare), "a share from 0 to 1");
        Require(LostShare + LateShare + TwiceShare <= 1, nameof(LostShare), "at most 1 together with the other shares");
        Require(ErrorShare is >= 0 and <= 1, nameof(ErrorShare), "a share from 0 to 1");
        Require(SlowShare is >= 0 and <= 1, nameof(SlowShare), "a share from 0 to 1");
        Require(SilentShare is >= 0 and <= 1, nameof(SilentShare), "a share from 0 to 1");
        Require(ErrorShare + SlowShare + SilentShare <= 1, nameof(ErrorShare), "at most 1 together with the other shares of calls");
        Require(Processing.Min >= TimeSpan.Zero && Processing.Max >= Processing.Min, nameof(Processing), "not negative, the longest not below the shortest");
        Require(RedeliverAfter > TimeSpan.Zero, nameof(RedeliverAfter), "above zero");
        Require(Concurrency >= 1, nameof(Concurrency), "1 or more");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(ProviderOptions)}.{name} must be {rule}.");
        }
    }
}
