using System.Collections.Concurrent;

namespace PaymentMonitor.Server;

/// <summary>
/// When each machine was last heard of, and last refused, since the server started. Written for every event of every machine, so it
/// costs one lookup and one store. Only machines that were let in are here.
/// </summary>
internal sealed class FleetWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Seen> _machines = new(StringComparer.Ordinal);

    internal IEnumerable<string> Machines => _machines.Keys;

    /// <summary>The machine connected, reported something, or synced.</summary>
    internal void Heard(string machineId) => Volatile.Write(ref Of(machineId).HeardAtMs, NowMs());

    /// <summary>An event of the machine was rejected: the same event will never be accepted.</summary>
    internal void Rejected(string machineId) => Volatile.Write(ref Of(machineId).RejectedAtMs, NowMs());

    /// <summary>In Unix milliseconds; 0: not since the server started.</summary>
    internal (long HeardAtMs, long RejectedAtMs) Find(string machineId)
    {
        return _machines.TryGetValue(machineId, out var seen) ? (Volatile.Read(ref seen.HeardAtMs), Volatile.Read(ref seen.RejectedAtMs)) : default;
    }

    private Seen Of(string machineId) => _machines.TryGetValue(machineId, out var seen) ? seen : _machines.GetOrAdd(machineId, static _ => new Seen());

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Seen
    {
        internal long HeardAtMs;
        internal long RejectedAtMs;
    }
}
