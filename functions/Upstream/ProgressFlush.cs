using Microsoft.Extensions.Hosting;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Stores how far the machines' reports have come as this instance saw it, before another instance asks for what it does not know of.</summary>
internal sealed class ProgressFlush(GapWatch gaps) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await gaps.TryFlushAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => gaps.RunAsync(stoppingToken);
}
