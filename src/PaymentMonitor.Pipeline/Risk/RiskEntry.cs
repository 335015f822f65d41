using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>One line of the reference data by which orders are refused: what it is about, what it does, and who wanted it so, and why.</summary>
/// <param name="Value">The channel, machine or coupon; empty for the fleet.</param>
/// <param name="OrdersPerHour">Of a limit: permissions a machine may get in any 60 minutes.</param>
/// <param name="AmountPerHour">Of a limit: the sum of their amounts, in minor units.</param>
public sealed record RiskEntry(
    RiskKind Kind,
    RiskScope Scope,
    string Value,
    string Reason,
    string By,
    DateTimeOffset At,
    int? OrdersPerHour = null,
    long? AmountPerHour = null)
{
    public const int MaxText = 256;

    /// <summary>There is one entry of a kind for each thing that it is about.</summary>
    [JsonIgnore]
    public string Id => IdOf(Kind, Scope, Value);

    public static string IdOf(RiskKind kind, RiskScope scope, string value) => $"{kind}/{scope}/{value}";

    /// <returns>What is wrong with the entry, or null.</returns>
    public NamedError? Refusal()
    {
        if (string.IsNullOrWhiteSpace(Reason) || Reason.Length > MaxText)
        {
            return new NamedError("no-reason", $"A reason of 1 to {MaxText} characters is needed: it is what others will know of this.");
        }

        return (Kind, Scope) switch
        {
            (_, RiskScope.Fleet) when Value.Length > 0 => Invalid("the fleet has no value"),
            (_, RiskScope.Machine) when !MachineId.TryParse(Value, out _) => Invalid($"a machine must be {MachineId.Rule}"),
            (_, RiskScope.Channel) when !Channel.TryParse(Value, out _) => Invalid($"a channel must be {Channel.Rule}"),
            (_, RiskScope.Coupon) when Value.Length is 0 or > MaxText => Invalid($"a coupon code must have 1 to {MaxText} characters"),
            (RiskKind.Stop, RiskScope.Coupon) => Invalid("a stop is for the fleet, a channel or a machine; deny the coupon"),
            (RiskKind.Deny, RiskScope.Fleet) => Invalid("the whole fleet is not denied but stopped"),
            (RiskKind.Limit, not (RiskScope.Fleet or RiskScope.Machine)) => Invalid("a limit is for one machine, or with the fleet for each"),
            (RiskKind.Limit, _) when OrdersPerHour is null && AmountPerHour is null => Invalid("a limit needs ordersPerHour or amountPerHour"),
            (RiskKind.Limit, _) when OrdersPerHour < 0 || AmountPerHour < 0 => Invalid("a limit is zero or more"),
            (not RiskKind.Limit, _) when OrdersPerHour is not null || AmountPerHour is not null => Invalid("only a limit has numbers"),
            _ => null,
        };
    }

    private static NamedError Invalid(string why) => new("invalid-entry", $"The entry is wrong: {why}.");
}

[JsonConverter(typeof(JsonStringEnumConverter<RiskKind>))]
public enum RiskKind
{
    /// <summary>The kill switch: no new permissions, until it is taken back.</summary>
    Stop,

    /// <summary>A deny list.</summary>
    Deny,

    /// <summary>What one machine may allow in an hour. Approximate: orders that are decided at the same moment don't see each other.</summary>
    Limit,
}

[JsonConverter(typeof(JsonStringEnumConverter<RiskScope>))]
public enum RiskScope
{
    Fleet,
    Channel,
    Machine,
    Coupon,
}

/// <summary>What was changed in the reference data, kept for whoever asks later.</summary>
/// <param name="Entry">As it was set; as it stood, where it was removed.</param>
public sealed record RiskChange(RiskEntry Entry, bool IsRemoved, string By, string Reason, DateTimeOffset At);
