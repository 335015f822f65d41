using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Domain;

/// <summary>All that is known and all that was decided of one order. Immutable: applying an envelope gives a new one.</summary>
public sealed record Order(MachineId MachineId, OrderId OrderId)
{
    /// <summary>Accepted envelopes, a set by event id, in order of arrival; at most <see cref="OrderOptions.MaxEnvelopes"/>.</summary>
    public ImmutableArray<Envelope> Envelopes { get; init; } = [];

    /// <summary>Facts: appended, never changed. The version of the order is their count.</summary>
    public ImmutableArray<Decision> Decisions { get; init; } = [];

    /// <summary>The payment that <c>shipment.allowed</c> was given for.</summary>
    public PaymentId? AllowedPayment { get; init; }

    /// <summary>The payment that <c>trade.completed</c> keeps.</summary>
    public PaymentId? CompletedPayment { get; init; }

    /// <summary>When the risk verdict was first needed, and so asked for; null while it never was.</summary>
    public DateTimeOffset? VerdictAskedAt { get; init; }

    /// <summary>What business systems are told, append-only.</summary>
    public ImmutableArray<Notice> Notices { get; init; } = [];

    public OrderStatus Status { get; init; }

    /// <summary>What a person should know and no rule needs: see <see cref="OrderFlags"/>.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>The newest arrival that was applied: the order's clock, which never runs backwards.</summary>
    public DateTimeOffset Clock { get; init; }

    /// <summary>When the order wants to be woken, or null when only a new event can change it.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What is to be done at the payment provider now.</summary>
    public ProviderErrands Errands { get; init; }

    /// <summary>The machine has decisions up to this version on its own disk.</summary>
    public int ConfirmedVersion { get; init; }

    /// <summary>The rules that decide this order, from its first envelope to its end: new rules never re-decide old orders.</summary>
    public int RulesVersion { get; init; } = OrderRules.Version;

    public int Version => Decisions.Length;

    /// <summary>The order once its machine has its decisions up to a version: up only, and never above what was decided. Itself where that is no news.</summary>
    public Order Confirmed(int version) => version > ConfirmedVersion && version <= Version ? this with { ConfirmedVersion = version } : this;
}
