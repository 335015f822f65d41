using System.Runtime.CompilerServices;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>Has the days that are over written into the archive (<see cref="ArchiveDays"/>). It only reads the store, so the fleet does not notice.</summary>
internal sealed partial class OrderArchiver(EmbeddedStore store, ArchiveDays days, TimeProvider time, ILogger<OrderArchiver> logger) : RepeatedWork(LookEvery, time, atOnce: true)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(10);
    private const int PageSize = 500;

    /// <summary>Writes what is missing of the days that are over.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (store.FirstOrderAt() is not { } first)
        {
            return;
        }

        foreach (var (day, count) in await days.RunAsync(DateOnly.FromDateTime(first.UtcDateTime), day => OrdersOfAsync(day, cancellationToken), cancellationToken))
        {
            Log.Written(logger, day, count);
        }
    }

    protected override Task RoundAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    protected override void Failed(Exception exception) => Log.Failed(logger, exception);

    private async IAsyncEnumerable<Order> OrdersOfAsync(DateOnly day, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var to = OrderRowId.From(ArchiveDays.EndOf(day));
        var after = OrderRowId.From(ArchiveDays.EndOf(day.AddDays(-1))) - 1;
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
