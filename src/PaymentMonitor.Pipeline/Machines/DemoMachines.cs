using System.Collections.Immutable;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Lets any machine in with a well-known secret. Its machines are never written to the store: a server started in earnest on
/// the same data does not know them.
/// </summary>
public sealed class DemoMachines(TimeProvider time)
{
    public const string Secret = "demo-secret-for-loopback-only";

    public static readonly ImmutableArray<Channel> Channels = [Channel.Parse("qr"), Channel.Parse("card-terminal"), Channel.Parse("cash")];

    private readonly ImmutableArray<MachineSecret> _secrets = [new(SecretHash.Of(Secret), time.GetUtcNow())];

    internal MachineRecord Admit(MachineId machineId) => new(machineId, _secrets, Channels, _secrets[0].CreatedAt);
}
