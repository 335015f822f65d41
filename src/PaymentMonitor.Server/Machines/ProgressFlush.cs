using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>Stores how far the machines' reports have come, every few seconds and at the end.</summary>
internal sealed class ProgressFlush(GapWatch gaps) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await gaps.TryFlushAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => gaps.RunAsync(stoppingToken);
}
