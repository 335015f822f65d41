using System.Text;
using Microsoft.Extensions.Hosting;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>Wakes the orders that asked for it, through their stream, once a second.</summary>
internal sealed class DueOrders(OrderTable table, ReportStreams streams, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = time.GetUtcNow();
            foreach (var (machine, orderId) in await table.DueAsync(now, stoppingToken))
            {
                await streams.EnqueueAsync(new Entry(machine, EntryKind.Due, Encoding.UTF8.GetBytes(orderId), now, null), stoppingToken);
            }
        }
    }
}
