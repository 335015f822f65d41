using System.Collections.Concurrent;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Looks machines up for every event they report, so records are kept for half a minute. A change made by this process is seen
/// at once; one made by another instance when the copy has aged.
/// </summary>
public sealed class MachineDirectory(IMachineStore store, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<MachineId, (MachineRecord? Record, long ReadAt)> _known = new();

    /// <summary>Admits machines that nobody registered, for demonstrations; null in earnest.</summary>
    public DemoMachines? Demo { get; init; }

    public ValueTask<MachineRecord?> FindAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        return _known.TryGetValue(machineId, out var known) && time.GetElapsedTime(known.ReadAt) < Freshness
            ? ValueTask.FromResult(known.Record)
            : ReadAsync(machineId, cancellationToken);
    }

    public void Forget(MachineId machineId) => _known.TryRemove(machineId, out _);

    private async ValueTask<MachineRecord?> ReadAsync(MachineId machineId, CancellationToken cancellationToken)
    {
        var record = await store.ReadAsync(machineId, cancellationToken) ?? Demo?.Admit(machineId);

        // An unknown name is not remembered: names are free to invent, and memory is not.
        if (record is not null)
        {
            _known[machineId] = (record, time.GetTimestamp());
        }

        return record;
    }
}
