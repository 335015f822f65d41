using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>Where every machine of the fleet stands: those that are registered and not revoked, and those that a demo let in. For one caller at a time.</summary>
internal sealed class FleetStandings(EmbeddedStore store, WebPubSubHub hub, FleetWatch watch, TimeProvider time)
{
    /// <summary>A machine syncs every minute, so three are missing by then.</summary>
    internal static readonly TimeSpan SilentAfter = TimeSpan.FromMinutes(3);

    /// <summary>How long a rejected event is remembered against its machine.</summary>
    internal static readonly TimeSpan TroubleFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(30);
    private const int PageSize = 1_000;

    private readonly SortedDictionary<string, MachineStanding> _standings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);
    private readonly HashSet<string> _revoked = new(StringComparer.Ordinal);
    private int[] _counts = new int[Enum.GetValues<MachineState>().Length];
    private long? _readAt;

    /// <summary>As of the last <see cref="LookAsync"/>, by machine id.</summary>
    internal IReadOnlyDictionary<string, MachineStanding> Standings => _standings;

    /// <summary>How many machines stand so. For any thread.</summary>
    internal int Count(MachineState state) => Volatile.Read(ref _counts)[(int)state];

    /// <param name="anew">Reads the registry even if that was done a moment ago.</param>
    internal async ValueTask LookAsync(bool anew, CancellationToken cancellationToken)
    {
        if (anew || _readAt is not { } readAt || time.GetElapsedTime(readAt) >= ReadAgainAfter)
        {
            await ReadRegistryAsync(cancellationToken);
            _readAt = time.GetTimestamp();
        }

        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        _standings.Clear();
        foreach (var machineId in _registered)
        {
            _standings[machineId] = Of(machineId, nowMs);
        }

        foreach (var machineId in watch.Machines)
        {
            if (!_registered.Contains(machineId) && !_revoked.Contains(machineId))
            {
                _standings[machineId] = Of(machineId, nowMs);
            }
        }

        var counts = new int[_counts.Length];
        foreach (var (_, standing) in _standings)
        {
            counts[(int)standing.State]++;
        }

        Volatile.Write(ref _counts, counts);
    }

    private MachineStanding Of(string machineId, long nowMs)
    {
        var (heardAtMs, rejectedAtMs) = watch.Find(machineId);
        var state = (hub.HasUser(machineId), nowMs - heardAtMs) switch
        {
            (false, _) => MachineState.Silent,
            (_, var age) when age >= SilentAfter.TotalMilliseconds => MachineState.Silent,
            _ when nowMs - rejectedAtMs < TroubleFor.TotalMilliseconds || store.Counts.HasUnresolved(machineId) => MachineState.Trouble,
            _ => MachineState.Connected,
        };
        return new MachineStanding(state, heardAtMs);
    }

    private async ValueTask ReadRegistryAsync(CancellationToken cancellationToken)
    {
        _registered.Clear();
        _revoked.Clear();
        IReadOnlyList<MachineRecord> page = [];
        do
        {
            page = await store.Machines.ListAsync(page is [] ? null : page[^1].MachineId, PageSize, cancellationToken);
            foreach (var machine in page)
            {
                (machine.RevokedAt is null ? _registered : _revoked).Add(machine.MachineId.Value);
            }
        }
        while (page.Count == PageSize);
    }
}
