using System.Diagnostics.Metrics;
using System.Threading.Channels;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Everything that one server keeps, in one file in one folder, with one writer. Open it, start it, use its parts, dispose of it:
/// what was appended until then is worked off.
/// </summary>
internal sealed partial class EmbeddedStore : IAsyncDisposable
{
    private readonly StoreFolder _folder;
    private readonly StoreReaders _readers;

    private EmbeddedStore(StoreFolder folder, StoreReaders readers, PendingReferences references, OrderLoop loop, TimeProvider time)
    {
        _folder = folder;
        _readers = readers;
        Loop = loop;
        Log = new EmbeddedLog(loop);
        Orders = new EmbeddedOrders(loop, readers, loop.Unconfirmed);
        References = references;
        Machines = new EmbeddedMachines(loop, readers);
        Feed = new OrderFeed(loop, readers);
        DeadLetters = new EmbeddedDeadLetters(loop, readers, time);
        Risk = new EmbeddedRiskBook(loop, readers);
        Parked = new EmbeddedParkedCallbacks(loop, readers);
        Coupons = new EmbeddedCoupons(loop, readers);
        Progress = new EmbeddedProgress(loop, readers);
        WebhookEndpoints = new EmbeddedWebhookEndpoints(loop, readers);
        WebhookCursors = new EmbeddedWebhookCursors(loop, readers, time);
        WebhookLog = new EmbeddedWebhookLog(loop, readers, time);
    }

    internal IEventLog Log { get; }

    internal IOrders Orders { get; }

    internal IPaymentReferences References { get; }

    internal IMachineStore Machines { get; }

    internal OrderFeed Feed { get; }

    internal EmbeddedDeadLetters DeadLetters { get; }

    internal IRiskBook Risk { get; }

    internal IParkedCallbacks Parked { get; }

    internal ICoupons Coupons { get; }

    internal IMachineProgress Progress { get; }

    internal EmbeddedWebhookEndpoints WebhookEndpoints { get; }

    internal EmbeddedWebhookCursors WebhookCursors { get; }

    internal EmbeddedWebhookLog WebhookLog { get; }

    internal OrderLoop Loop { get; }

    internal OrderCounts Counts => Loop.Counts;

    /// <summary>False while the last transaction failed: nothing can be made durable then.</summary>
    internal bool IsCommitting => !Loop.IsFailing;

    /// <summary>Takes the folder, creating what is missing. Nothing runs before <see cref="Start"/>.</summary>
    /// <exception cref="StartupException">The folder is locked or unusable, or its data is damaged or of a newer version.</exception>
    internal static EmbeddedStore Open(
        string path, OrderWorkflow workflow, StoreOptions options, TimeProvider time, IMeterFactory meters, ILogger<EmbeddedStore> logger)
    {
        var folder = StoreFolder.Take(path);
        try
        {
            var database = Schema.OpenForWriting(folder.Database, options);
            LogPosition.Require(database, options.OrdersElsewhere, folder.Path);
            var start = StoreStart.Read(database, folder.Database);
            var readers = new StoreReaders(folder.Database);
            var references = new PendingReferences(readers);
            var loop = new OrderLoop(new StoreWriter(database), start, references, workflow, options, time, new StoreSignals(logger, meters));
            Messages.Opened(logger, folder.Path, start.Position, start.Wakes.Count);
            return new EmbeddedStore(folder, readers, references, loop, time);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="OrderLoop.Start"/>
    internal void Start(Action<Announcement>? tell = null) => Loop.Start(tell);

    /// <summary>The orders with something to be done at the payment provider, newest first.</summary>
    internal IReadOnlyList<Order> WithErrands(int limit)
    {
        using var lease = _readers.Rent();
        return lease.Reader.WithErrands(limit);
    }

    /// <summary>What follows a position of the log.</summary>
    internal IReadOnlyList<LogRow> ReadLog(long after, int limit)
    {
        using var lease = _readers.Rent();
        return lease.Reader.Log(after, limit);
    }

    /// <summary>How far into the log orders were worked, where that is done behind it.</summary>
    internal long WorkedTo()
    {
        using var lease = _readers.Rent();
        return LogPosition.Read(lease.Reader.Database) ?? 0;
    }

    /// <inheritdoc cref="OrderLoop.Subscribe"/>
    internal ChannelReader<IReadOnlyList<OrderChange>> Subscribe(int capacity) => Loop.Subscribe(capacity);

    /// <inheritdoc cref="StoreReader.Between"/>
    internal IReadOnlyList<StoredOrder> OrdersBetween(long after, long before, int limit)
    {
        using var lease = _readers.Rent();
        return lease.Reader.Between(after, before, limit);
    }

    /// <summary>When the oldest order that is kept began, or null where there is none.</summary>
    internal DateTimeOffset? FirstOrderAt()
    {
        using var lease = _readers.Rent();
        return lease.Reader.Database.ReadInt64("SELECT min(id) FROM orders") is var first and > 0 ? OrderRowId.CreatedAt(first) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync();
        _readers.Dispose();
        Loop.Dispose();
        _folder.Dispose();
    }

    private static partial class Messages
    {
        [LoggerMessage(EventId = 3000, Level = LogLevel.Information, Message = "Data folder {Folder} opened at log position {Position}; {Waiting} orders wait for a time")]
        internal static partial void Opened(ILogger logger, string folder, long position, int waiting);
    }
}
