using System.Buffers;
using System.Diagnostics.Metrics;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>
/// The live feed of the operations page: one message a second into the group <c>ops</c>, while somebody is in it. Machines that
/// changed are in each message, the whole fleet in every tenth and in the first that a newcomer gets.
/// </summary>
internal sealed partial class OperationsFeed(
    EmbeddedStore store, StoreOptions options, ReconciliationBook reconciliation, WebPubSubHub hub, FleetStandings fleet, ApiKeyFile keys, IMeterFactory meters, TimeProvider time,
    ILogger<OperationsFeed> logger)
    : RepeatedWork(Every, time)
{
    internal static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private const int FullEvery = 10;

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MachineState> _told = new(StringComparer.Ordinal);
    private MeterWatch? _meters;
    private long _seq;
    private int _sinceFull;

    public override void Dispose()
    {
        _meters?.Dispose();
        base.Dispose();
    }

    // A message that could not be made is a gap on the page, and the machines notice nothing.
    protected override void Failed(Exception exception) => Log.Failed(logger, exception);

    protected override async Task RoundAsync(CancellationToken stoppingToken)
    {
        var hasNewcomer = TakeMembers();

        // The gauges are read from it, whether anybody watches or not. A newcomer gets the whole fleet, also what was registered a moment ago.
        await fleet.LookAsync(anew: hasNewcomer, stoppingToken);
        if (_members.Count == 0)
        {
            _meters?.Dispose();
            _meters = null;
            return;
        }

        var isFull = hasNewcomer || _meters is null || ++_sinceFull >= FullEvery;
        _meters ??= new MeterWatch(meters, Time);
        if (isFull)
        {
            _sinceFull = 0;
        }

        var snapshot = new OperationsSnapshot
        {
            Seq = ++_seq,
            Time = Time.GetUtcNow(),
            StartedAt = _startedAt,
            IsHealthy = store.IsCommitting,
            Activity = _meters.Take(),
            Orders = store.Counts,
            DeadLetters = store.DeadLetters.Count(),
            FailingEndpoints = store.WebhookEndpoints.All.Count(endpoint => endpoint.IsInTrouble),
            Differences = reconciliation.Newest?.Open ?? 0,
            QueueWaiting = store.Loop.QueueLength,
            QueueCapacity = options.QueueCapacity,
            Fleet = fleet,
            Machines = [.. fleet.Standings.Where(machine => isFull || !_told.TryGetValue(machine.Key, out var told) || told != machine.Value.State)],
            IsFull = isFull,
        };
        Publish(snapshot);
    }

    private void Publish(OperationsSnapshot snapshot)
    {
        if (snapshot.IsFull)
        {
            _told.Clear();
        }

        foreach (var (machineId, standing) in snapshot.Machines)
        {
            _told[machineId] = standing.State;
        }

        _message.ResetWrittenCount();
        snapshot.WriteTo(_message);
        hub.SendToGroup(OperationsClients.Group, new OutgoingMessage(MessageDataType.Json, _message.WrittenSpan, OperationsClients.Group));
    }

    /// <returns>Whether somebody is in the group who was not a second ago.</returns>
    private bool TakeMembers()
    {
        var hasNewcomer = false;
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var connection in hub.Groups[OperationsClients.Group])
        {
            // A token lives for an hour, and a connection for longer; the key that opened it may be gone.
            if (connection.UserId is { } userId && OperationsClients.IsOne(userId) && !keys.Has(OperationsClients.KeyName(userId)))
            {
                connection.Close(Closing.ByApplication("The API key was removed."));
                continue;
            }

            present.Add(connection.Id);
            hasNewcomer |= !_members.Contains(connection.Id);
        }

        _members.Clear();
        _members.UnionWith(present);
        return hasNewcomer;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6300, Level = LogLevel.Warning, Message = "A message of the live feed could not be made")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
