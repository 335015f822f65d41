using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Simulator;

/// <summary>How a fleet's run went, and the verdict.</summary>
/// <param name="Connected">Machines that were connected at once when the events began.</param>
/// <param name="Seconds">How long events were sent.</param>
public sealed record FleetReport(
    int Machines,
    int Connected,
    double Seconds,
    EventCounts Events,
    OrderCounts Orders,
    DecisionCounts Decisions,
    FleetLatencies LatencyMs,
    double EventsPerSecond)
{
    /// <summary>Every event got its receipt, nothing receipted was lost, no decision doubled, and the provider's statement agrees.</summary>
    [JsonIgnore]
    public bool Passed => Decisions is { Lost: 0, Doubled: 0 } && Unreceipted == 0 && Reconciliation is null or { Differences: 0 };

    /// <summary>Events that a machine reported and that had no receipt in the end.</summary>
    [JsonIgnore]
    public long Unreceipted => Events.Sent - Events.Receipted - Events.Rejected;

    /// <summary>What the fleet's faults did: connections broken, programs restarted.</summary>
    [JsonIgnore]
    public FaultCounts Faults { get; init; } = new(0, 0);

    /// <summary>How the orders compare with the payment provider's statement; null where there was none to compare with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReconciliationCounts? Reconciliation { get; init; }

    /// <summary>Events that were to be sent in this time from the start are in the counts and not in the latencies.</summary>
    [JsonIgnore]
    public TimeSpan WarmUp { get; init; }

    /// <summary>A sentence for everything that was lost or doubled, or differs from the statement.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Findings { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, FleetJson.Default.FleetReport);
}

/// <param name="Sent">Repetitions included.</param>
/// <param name="SetAside">Receipted events that contradict their order; they wait as dead letters.</param>
public sealed record EventCounts(long Sent, long Receipted, long Rejected, long SetAside);

public sealed record FaultCounts(int BrokenConnections, int Restarts);

/// <param name="Created">Orders whose creation was receipted.</param>
public sealed record OrderCounts(int Created, int Ended, int Open);

/// <param name="Received">Handed over to machines.</param>
/// <param name="Lost">What was receipted and the orders do not show, and decisions that were due or made and did not arrive.</param>
/// <param name="Doubled">Decisions made twice, or told in two ways.</param>
public sealed record DecisionCounts(long Received, int Lost, int Doubled);

/// <param name="Payments">Payments in the provider's statement.</param>
/// <param name="Refunds">Refunds in it.</param>
/// <param name="Differences">What is one way there and another way here.</param>
public sealed record ReconciliationCounts(int Payments, int Refunds, int Differences);

/// <param name="Receipt">From the moment an event was to be sent to its receipt.</param>
/// <param name="Decision">From the moment the deciding event was to be sent to the decision on the machine.</param>
/// <param name="ByChannel">The same by payment channel; where the provider decides, from the moment its callback was to be sent.</param>
public sealed record FleetLatencies(Percentiles Receipt, Percentiles Decision, IReadOnlyDictionary<string, Percentiles> ByChannel);

/// <summary>In milliseconds; all zero where nothing was measured.</summary>
public sealed record Percentiles(double P50, double P99, double P999, double Max);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FleetReport))]
internal sealed partial class FleetJson : JsonSerializerContext;
