using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>Where a business system wants to be told, and of what.</summary>
/// <param name="Id">Made by the registry: <c>ep_</c> and 16 letters and digits.</param>
/// <param name="Types">The notices it wants; empty: all of them.</param>
/// <param name="Machines">The machines whose orders it wants to hear of; empty: all of them.</param>
/// <param name="Secrets">At most two are valid at a time: during a rotation the old one still signs too.</param>
public sealed record WebhookEndpoint(
    string Id,
    Uri Url,
    ImmutableArray<string> Types,
    ImmutableArray<MachineId> Machines,
    ImmutableArray<SealedSecret> Secrets,
    DateTimeOffset CreatedAt)
{
    /// <summary>For people, at most 200 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Notices before this moment are not told.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Since when every delivery has failed; null while some succeed.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Null while it is enabled. What happens meanwhile waits.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Why: one of <see cref="DisabledReasons"/>.</summary>
    public string? DisabledFor { get; init; }

    /// <summary>Counts the writes of this record, for conditional writes.</summary>
    public long Revision { get; init; }

    public bool IsEnabled => DisabledAt is null;

    /// <summary>Nothing comes through, and nobody wanted that.</summary>
    public bool IsInTrouble => IsEnabled ? FailingSince is not null : DisabledFor is not DisabledReasons.Asked;

    public bool Wants(MachineId machineId) => Machines.IsEmpty || Machines.Contains(machineId);

    public bool Wants(Notice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return notice.Time >= Since && (Types.IsEmpty || Types.Contains(notice.Type));
    }

    /// <returns>The number of the newest notice of the order that this endpoint wants, or 0.</returns>
    public int NewestWanted(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (!Wants(order.MachineId))
        {
            return 0;
        }

        for (var n = order.Notices.Length; n > 0; n--)
        {
            if (Wants(order.Notices[n - 1]))
            {
                return n;
            }
        }

        return 0;
    }
}

/// <summary>A signing secret as it is stored: encrypted (see <see cref="SecretBox"/>).</summary>
/// <param name="ValidUntil">Set on the old secret when a rotation begins; until then both sign.</param>
public sealed record SealedSecret(string Sealed, DateTimeOffset CreatedAt, DateTimeOffset? ValidUntil = null);

public static class DisabledReasons
{
    /// <summary>Somebody disabled it.</summary>
    public const string Asked = "asked";

    /// <summary>It answered 410 Gone.</summary>
    public const string Gone = "gone";

    /// <summary>Every delivery failed for <see cref="WebhookOptions.DisableAfter"/>.</summary>
    public const string Failing = "failing";
}
