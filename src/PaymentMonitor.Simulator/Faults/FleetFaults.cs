using System.Globalization;

namespace PaymentMonitor.Simulator;

/// <summary>What goes wrong between a machine's event and its arrival. The same seed draws the same faults.</summary>
public sealed record FleetFaults
{
    public static readonly FleetFaults Light = new()
    {
        Network = new NetworkFaults { DropsPerMinute = 0.3, HalfOpensPerMinute = 0.05, DelayedShare = 0.02, LongestDelay = TimeSpan.FromMilliseconds(500) },
        RestartsPerMinute = 0.1,
        LargestClockSkew = TimeSpan.FromSeconds(30),
    };

    public static readonly FleetFaults Heavy = new()
    {
        RepeatedShare = 0.1,
        HeldBackShare = 0.1,
        Network = new NetworkFaults { DropsPerMinute = 2, HalfOpensPerMinute = 0.5, DelayedShare = 0.1, LongestDelay = TimeSpan.FromSeconds(2) },
        RestartsPerMinute = 0.5,
        LargestClockSkew = TimeSpan.FromMinutes(5),
    };

    /// <summary>Events sent again under the same id, as a share of all.</summary>
    public double RepeatedShare { get; init; } = 0.02;

    /// <summary>Events sent up to 2.5 s after they happened, and so often behind what happened later, as a share of all.</summary>
    public double HeldBackShare { get; init; } = 0.03;

    /// <summary>Payments at the provider that the machine claims as well, as one does whose customer shows the app's screen.</summary>
    public double ClaimedShare { get; init; } = 0.1;

    public NetworkFaults Network { get; init; } = new();

    /// <summary>How often the program of each machine starts anew over its journal, on average.</summary>
    public double RestartsPerMinute { get; init; }

    /// <summary>The clock of each machine is wrong by anything up to this, in either direction.</summary>
    public TimeSpan LargestClockSkew { get; init; }

    /// <summary>What a fault list looks like, as the second half of a sentence.</summary>
    public static string Rule =>
        "none, light, heavy, or single ones such as drop=2,half-open=0.5,delay=0.1,duplicate=0.1,reorder=0.1,restart=0.5,skew=300 "
        + "(drops, half-open connections and restarts a minute for each machine; shares of the events and of the traffic; seconds)";

    /// <summary>Reads a fault list. Single faults come on top of the few that a fleet has anyway.</summary>
    public static bool TryParse(string text, out FleetFaults faults)
    {
        ArgumentNullException.ThrowIfNull(text);
        faults = text switch
        {
            "none" => new FleetFaults { RepeatedShare = 0, HeldBackShare = 0 },
            "light" => Light,
            "heavy" => Heavy,
            _ => new FleetFaults(),
        };
        if (text is "none" or "light" or "heavy")
        {
            return true;
        }

        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Split('=') is not [var name, var value]
                || !double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
                || faults.With(name, rate) is not { } more)
            {
                return false;
            }

            faults = more;
        }

        return true;
    }

    internal bool IsValid => RepeatedShare is >= 0 and <= 1
        && HeldBackShare is >= 0 and <= 1
        && ClaimedShare is >= 0 and <= 1
        && Network is { DropsPerMinute: >= 0 and <= 60, HalfOpensPerMinute: >= 0 and <= 60, DelayedShare: >= 0 and <= 1 }
        && Network.LongestDelay >= TimeSpan.Zero
        && RestartsPerMinute is >= 0 and <= 60
        && LargestClockSkew >= TimeSpan.Zero;

    private FleetFaults? With(string name, double rate)
    {
        var faults = name switch
        {
            "drop" => this with { Network = Network with { DropsPerMinute = rate } },
            "half-open" => this with { Network = Network with { HalfOpensPerMinute = rate } },
            "delay" => this with { Network = Network with { DelayedShare = rate, LongestDelay = TimeSpan.FromSeconds(2) } },
            "duplicate" => this with { RepeatedShare = rate },
            "reorder" => this with { HeldBackShare = rate },
            "restart" => this with { RestartsPerMinute = rate },
            "skew" when rate <= TimeSpan.FromDays(3650).TotalSeconds => this with { LargestClockSkew = TimeSpan.FromSeconds(rate) },
            _ => null,
        };
        return faults is { IsValid: true } ? faults : null;
    }
}
