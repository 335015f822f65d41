using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>A registered machine.</summary>
/// <param name="Secrets">At most two are valid at a time: during a rotation the old one still is.</param>
/// <param name="Channels">The channels it may take payments on. It cannot be paid in cash by saying so.</param>
/// <param name="RevokedAt">From then on it gets no token, and its connections are closed.</param>
/// <param name="Revision">Counts the writes of this record, for conditional writes.</param>
public sealed record MachineRecord(
    MachineId MachineId,
    ImmutableArray<MachineSecret> Secrets,
    ImmutableArray<Channel> Channels,
    DateTimeOffset RegisteredAt,
    DateTimeOffset? RevokedAt = null,
    long Revision = 0);

/// <param name="Hash">SHA-256 of the secret, which is 256 random bits: nothing slower is needed.</param>
/// <param name="ValidUntil">Set on the old secret when a rotation begins.</param>
public sealed record MachineSecret(string Hash, DateTimeOffset CreatedAt, DateTimeOffset? ValidUntil = null);
