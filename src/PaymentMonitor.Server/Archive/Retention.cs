using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Removes what is too old, in small steps of the store's loop, so that no event waits long behind one. Freed pages are used again: the
/// file stays as large as its fullest day.
/// </summary>
internal sealed partial class Retention(EmbeddedStore store, IOrderArchive archive, RetentionOptions options, TimeProvider time, ILogger<Retention> logger) : RepeatedWork(options.Every, time)
{
    // An event in the log is a row without an index: a step takes more of them than of orders.
    private const int EventsForOneOrder = 4;

    // Orders are read by more than one step removes, so that those which leave before their day is over share few files.
    private const int StepsRead = 8;

    // Orders that outlive their time (unresolved, not archived) are passed over, and looked at again in the next round.
    private long _ordersAfter;
    private DateOnly _othersOn;

    /// <summary>Removes everything that is too old now.</summary>
    internal async Task TrimAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var log = await AllAsync(RetainedRows.TrimLog, now - options.Log, EventsForOneOrder * options.StepMax, cancellationToken);
        var letters = await AllAsync(RetainedRows.TrimDeadLetters, now - options.DeadLetters, options.StepMax, cancellationToken);
        var orders = await TrimOrdersAsync(now - options.Orders, cancellationToken);
        var others = await TrimOthersAsync(now, cancellationToken);
        if (log + letters + orders + others > 0)
        {
            Log.Trimmed(logger, log, orders, letters, others);
        }
    }

    protected override Task RoundAsync(CancellationToken stoppingToken) => TrimAsync(stoppingToken);

    protected override void Failed(Exception exception) => Log.Failed(logger, exception);

    // They grow slowly, and finding the old ones among them takes the loop longer: once a day.
    private async Task<int> TrimOthersAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (today == _othersOn)
        {
            return 0;
        }

        var removed = await AllAsync(RetainedRows.TrimCoupons, now, options.StepMax, cancellationToken)
            + await AllAsync(RetainedRows.TrimParked, now - options.Parked, options.StepMax, cancellationToken)
            + await AllAsync(RetainedRows.TrimRiskHistory, now - options.RiskHistory, options.StepMax, cancellationToken)
            + await AllAsync(RetainedRows.TrimProgress, now - options.Progress, options.StepMax, cancellationToken);
        _othersOn = today;
        return removed;
    }

    private async Task<int> AllAsync(Func<UnitOfWork, DateTimeOffset, int, int> step, DateTimeOffset before, int max, CancellationToken cancellationToken)
    {
        var (all, removed) = (0, 0);
        do
        {
            removed = await store.Loop.WriteAsync(work => step(work, before, max), cancellationToken);
            all += removed;
        }
        while (removed == max);
        return all;
    }

    private async Task<int> TrimOrdersAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var removed = 0;
        while (store.OrdersBetween(_ordersAfter, OrderRowId.From(before), StepsRead * options.StepMax) is { Count: > 0 } page)
        {
            _ordersAfter = page[^1].RowId;
            var ready = new List<Order>();
            foreach (var day in page.Where(stored => HasEnded(stored.Order, before)).GroupBy(stored => OrderRowId.DayOf(stored.RowId)))
            {
                ready.AddRange(await ArchivedAsync(day.Key, [.. day.Select(stored => stored.Order)], cancellationToken));
            }

            foreach (var step in ready.Chunk(options.StepMax))
            {
                removed += await store.Loop.WriteAsync(work => step.Count(order => work.Remove(order)), cancellationToken);
            }
        }

        _ordersAfter = 0;
        return removed;
    }

    private static bool HasEnded(Order order, DateTimeOffset before) =>
        StoreWriter.IsEnd(order.Status) && order.Due is null && order.Version <= order.ConfirmedVersion && order.Clock < before;

    /// <returns>Those that are in the archive as they are.</returns>
    private async Task<IReadOnlyList<Order>> ArchivedAsync(DateOnly day, IReadOnlyList<Order> orders, CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var written = await archive.WrittenAtAsync(day, cancellationToken);
        if (orders.Count == 0 || (written is null && ArchiveDays.EndOf(day) <= now))
        {
            return [];
        }

        // As long as a day's file is still to be written, it gets what the store has then: what leaves before goes into a file of its own.
        var missing = written is { } asOf && ArchiveDays.IsFinal(day, asOf) ? [.. orders.Where(order => order.Clock >= asOf)] : orders;
        if (missing.Count > 0)
        {
            await archive.AddLateAsync(day, missing, now, cancellationToken);
        }

        return orders;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6320, Level = LogLevel.Information, Message = "Removed {Events} events from the log, {Orders} archived orders, {DeadLetters} dead letters and {Others} other entries, which were too old")]
        internal static partial void Trimmed(ILogger logger, int events, int orders, int deadLetters, int others);

        [LoggerMessage(EventId = 6321, Level = LogLevel.Warning, Message = "What is too old could not be removed; it is tried again")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
