using System.Globalization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>A fleet of simulated machines and what it does to a back end.</summary>
public sealed record FleetOptions
{
    /// <summary>The back end's address.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Reads orders and dead letters for the verdict.</summary>
    public required string ApiKey { get; init; }

    /// <summary>The secret of each machine.</summary>
    public required Func<MachineId, string> Secret { get; init; }

    /// <summary>The payment provider's address, where customers pay on the channel <c>qr</c>. Null: they pay at the machine only.</summary>
    public Uri? Provider { get; init; }

    public int Machines { get; init; } = 2_000;

    /// <summary>Events reported each second, over all machines.</summary>
    public double EventsPerSecond { get; init; } = 2_000;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Latencies of events that were to be sent in this time from the start are not counted, because every process is still compiling
    /// itself; all else is. At most a third of <see cref="Duration"/>.
    /// </summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same seed gives the same orders.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The name of each machine, by its number from 1.</summary>
    public Func<int, MachineId> Name { get; init; } = number => MachineId.Parse("m" + number.ToString("D4", CultureInfo.InvariantCulture));

    public FleetFaults Faults { get; init; } = new();

    /// <summary>Where the machines' journal is. On the back end's own disk both wait for the same flushes, which real machines do not.</summary>
    public FleetJournalKind Journal { get; init; } = FleetJournalKind.Disk;

    /// <summary>Machines that start to connect each second.</summary>
    public int ConnectsPerSecond { get; init; } = 500;

    /// <summary>How long the fleet waits for all machines to be connected before it starts without the rest.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The back end's allowed lateness: decisions against a customer are due this much later.</summary>
    public TimeSpan AllowedLateness { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What a decision may take beyond its due time before it counts as not made.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long after the last event receipts, callbacks and decisions are waited for, at most, each.</summary>
    public TimeSpan SettleTimeout { get; init; } = TimeSpan.FromSeconds(20);

    internal TimeSpan EffectiveWarmUp => WarmUp < Duration / 3 ? WarmUp : Duration / 3;

    internal void Validate()
    {
        Require(Endpoint is { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(Endpoint), "an absolute http or https address");
        Require(Provider is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(Provider), "an absolute http or https address");
        Require(Machines is >= 1 and <= 100_000, nameof(Machines), "1 to 100,000");
        Require(EventsPerSecond is > 0 and <= 1_000_000, nameof(EventsPerSecond), "above 0 and at most 1,000,000");
        Require(Duration > TimeSpan.Zero, nameof(Duration), "above zero");
        Require(ConnectsPerSecond >= 1, nameof(ConnectsPerSecond), "1 or more");
        Require(Faults.RepeatedShare is >= 0 and <= 1 && Faults.HeldBackShare is >= 0 and <= 1 && Faults.ClaimedShare is >= 0 and <= 1, nameof(Faults), "shares from 0 to 1");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(FleetOptions)}.{name} must be {rule}.");
        }
    }
}

public enum FleetJournalKind
{
    /// <summary>One journal for all machines in a temporary folder, flushed before each event is sent.</summary>
    Disk,

    /// <summary>Nothing is flushed, and nothing outlives the process: the latencies are those of the network and the back end alone.</summary>
    Memory,
}

/// <summary>What goes wrong between a machine's event and its arrival, as shares of the events.</summary>
public sealed record FleetFaults
{
    /// <summary>Sent again under the same id.</summary>
    public double RepeatedShare { get; init; } = 0.02;

    /// <summary>Sent up to 2.5 s after it happened, and so often behind what happened later.</summary>
    public double HeldBackShare { get; init; } = 0.03;

    /// <summary>Payments at the provider that the machine claims as well, as one does whose customer shows the app's screen.</summary>
    public double ClaimedShare { get; init; } = 0.1;
}

/// <summary>The fleet cannot run, or cannot give a verdict; the message says why, for people.</summary>
public sealed class FleetException : Exception
{
    public FleetException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
