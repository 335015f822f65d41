using System.Collections.Immutable;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>A registered machine as it is stored, in a partition of its own.</summary>
internal sealed record MachineDocument(
    string Id,
    MachineId MachineId,
    ImmutableArray<MachineSecret> Secrets,
    ImmutableArray<Channel> Channels,
    DateTimeOffset RegisteredAt,
    DateTimeOffset? RevokedAt,
    long Revision)
{
    internal const string OnlyId = "machine";

    internal static MachineDocument Of(MachineRecord machine, long revision)
    {
        return new MachineDocument(OnlyId, machine.MachineId, machine.Secrets, machine.Channels, machine.RegisteredAt, machine.RevokedAt, revision);
    }

    internal MachineRecord ToRecord() => new(MachineId, Secrets, Channels, RegisteredAt, RevokedAt, Revision);
}

/// <summary>One line of the list of all machines. The list is one partition, whose key no machine can have as its id.</summary>
/// <param name="Id">The machine's id.</param>
/// <param name="MachineId">The partition key: always <see cref="AllMachines"/>.</param>
internal sealed record MachineEntry(MachineId Id, string MachineId)
{
    internal const string AllMachines = "~all";
}
