using System.Runtime.CompilerServices;
using PaymentMonitor.Domain;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Writes each day's orders into the archive when the day is over, and once more when it has been over for a day, because orders go on
/// after midnight. Days that a stopped server missed are made up for. It only reads, so the fleet does not notice.
/// </summary>
internal sealed partial class OrderArchiver(EmbeddedStore store, ArchiveFolder folder, TimeProvider time, ILogger<OrderArchiver> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Settled = TimeSpan.FromDays(1);
    private const int PageSize = 500;

    /// <summary>Writes what is missing of the days that are over.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (store.FirstOrderAt() is not { } first)
        {
            return;
        }

        for (var day = DateOnly.FromDateTime(first.UtcDateTime); End(day) <= now; day = day.AddDays(1))
        {
            if (folder.WrittenAt(day) is not { } written || (!IsFinal(day, written) && IsFinal(day, now)))
            {
                var count = await folder.WriteDayAsync(day, OrdersOfAsync(day, cancellationToken), now, cancellationToken);
                if (count > 0)
                {
                    Log.Written(logger, day, count);
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(LookEvery, time);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is, an archive that is not written must not stop the server.
                Log.Failed(logger, e);
            }
        }
        while (await ticks.WaitForNextTickAsync(stoppingToken));
    }

    internal static DateTimeOffset End(DateOnly day) => new(day.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>Whether what is written of the day at that moment is not written again.</summary>
    internal static bool IsFinal(DateOnly day, DateTimeOffset at) => at >= End(day) + Settled;

    private async IAsyncEnumerable<Order> OrdersOfAsync(DateOnly day, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var to = OrderRowId.From(End(day));
        var after = OrderRowId.From(End(day.AddDays(-1))) - 1;
        while (store.OrdersBetween(after, to, PageSize) is { Count: > 0 } page)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var stored in page)
            {
                yield return stored.Order;
            }

            after = page[^1].RowId;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6310, Level = LogLevel.Information, Message = "Archived {Count} orders of {Day}")]
        internal static partial void Written(ILogger logger, DateOnly day, int count);

        [LoggerMessage(EventId = 6311, Level = LogLevel.Error, Message = "The archive could not be written; orders stay in the store until it can")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
