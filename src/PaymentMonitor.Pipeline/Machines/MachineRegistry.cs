using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Registers machines, changes their secrets and turns them away.</summary>
public sealed class MachineRegistry(IMachineStore store, IMachineConnections connections, MachineDirectory directory, TimeProvider time)
{
    /// <summary>How long the old secret still works after a rotation, unless told otherwise.</summary>
    public static readonly TimeSpan RotationOverlap = TimeSpan.FromHours(24);

    /// <param name="secret">A secret of the caller's own, for machines that were provisioned elsewhere; null makes one.</param>
    public async Task<RegistryAnswer> AddAsync(
        MachineId machineId, ImmutableArray<Channel> channels, CancellationToken cancellationToken, string? secret = null)
    {
        if (channels.IsDefaultOrEmpty)
        {
            return RegistryAnswer.Refuse("no-channels", "A machine needs at least one channel on which it may take payments.");
        }

        if (secret is { Length: < 32 or > 256 })
        {
            return RegistryAnswer.Refuse("weak-secret", "A secret must have 32 to 256 characters.");
        }

        secret ??= SecretHash.NewSecret();
        var now = time.GetUtcNow();
        var machine = new MachineRecord(machineId, [new MachineSecret(SecretHash.Of(secret), now)], channels, now);
        return await WriteAsync(machine, secret, cancellationToken)
            ?? RegistryAnswer.Refuse("already-registered", $"The machine '{machineId}' is registered already; rotate its secret instead.");
    }

    /// <summary>Makes a new secret. The newest of the old ones works until the overlap is over; with no overlap it ends at once and the machine is disconnected.</summary>
    public async Task<RegistryAnswer> RotateAsync(MachineId machineId, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var secret = SecretHash.NewSecret();
        var answer = await ChangeAsync(machineId, secret, machine => Rotated(machine, secret, overlap), cancellationToken);
        if (overlap <= TimeSpan.Zero && answer is RegistryAnswer.Done)
        {
            await connections.CloseAsync(machineId, "The machine's secret was replaced.", cancellationToken);
        }

        return answer;
    }

    /// <summary>Turns a machine away for good: it gets no token, and its live connections are closed.</summary>
    public async Task<RegistryAnswer> RevokeAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        var answer = await ChangeAsync(
            machineId, null, machine => machine with { RevokedAt = machine.RevokedAt ?? time.GetUtcNow(), Secrets = [] }, cancellationToken);
        await connections.CloseAsync(machineId, "The machine is revoked.", cancellationToken);
        return answer;
    }

    /// <returns>The machine, or why it is not let in: <c>unknown-machine</c> and <c>wrong-secret</c> read alike, so that names cannot be probed.</returns>
    public async Task<MachineAdmission> AdmitAsync(string? machineId, string? secret, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var id))
        {
            return new MachineAdmission(null, new NamedError("invalid-machine-id", $"The machine id must be {MachineId.Rule}."));
        }

        var machine = await directory.FindAsync(id, cancellationToken);
        if (machine?.RevokedAt is not null)
        {
            return new MachineAdmission(null, new NamedError("machine-revoked", "The machine is revoked."));
        }

        var now = time.GetUtcNow();
        foreach (var candidate in machine?.Secrets ?? [])
        {
            if ((candidate.ValidUntil is not { } until || now < until) && SecretHash.Matches(candidate.Hash, secret ?? ""))
            {
                return new MachineAdmission(machine, null);
            }
        }

        return new MachineAdmission(null, new NamedError("wrong-credentials", "The machine id or its secret is wrong."));
    }

    private MachineRecord Rotated(MachineRecord machine, string secret, TimeSpan overlap)
    {
        var now = time.GetUtcNow();
        var fresh = new MachineSecret(SecretHash.Of(secret), now);
        var newest = machine.Secrets.MaxBy(s => s.CreatedAt);
        return machine with
        {
            Secrets = overlap > TimeSpan.Zero && newest is not null ? [fresh, newest with { ValidUntil = now + overlap }] : [fresh],
        };
    }

    private async Task<RegistryAnswer> ChangeAsync(
        MachineId machineId, string? secret, Func<MachineRecord, MachineRecord> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await store.ReadAsync(machineId, cancellationToken) is not { } machine)
            {
                return RegistryAnswer.Refuse("unknown-machine", $"The machine '{machineId}' is not registered.");
            }

            // A lost race is read again and changed again.
            if (await WriteAsync(change(machine), secret, cancellationToken) is { } done)
            {
                return done;
            }
        }
    }

    private async Task<RegistryAnswer?> WriteAsync(MachineRecord machine, string? secret, CancellationToken cancellationToken)
    {
        if (!await store.TryWriteAsync(machine, cancellationToken))
        {
            return null;
        }

        directory.Forget(machine.MachineId);
        return new RegistryAnswer.Done(machine, secret);
    }
}

/// <summary>What became of a change to the registry.</summary>
public abstract record RegistryAnswer
{
    private RegistryAnswer()
    {
    }

    internal static RegistryAnswer Refuse(string name, string message) => new Refused(new NamedError(name, message));

    /// <param name="Secret">The new secret, shown once: only its hash is stored.</param>
    public sealed record Done(MachineRecord Machine, string? Secret) : RegistryAnswer;

    public sealed record Refused(NamedError Error) : RegistryAnswer;
}

/// <summary>Either the machine that was let in, or why it was not.</summary>
public sealed record MachineAdmission(MachineRecord? Machine, NamedError? Error);
