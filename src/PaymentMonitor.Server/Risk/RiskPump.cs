using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>
/// Has orders reviewed that were just saved without a verdict, several at a time. What it misses (it was too busy, or the server
/// stopped) gets the policy's verdict when its second is over.
/// </summary>
internal sealed class RiskPump(EmbeddedStore store, RiskReview review) : BackgroundService
{
    private const int Capacity = 1_024;
    private const int AtOnce = 64;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var places = new SemaphoreSlim(AtOnce);
        await foreach (var changes in store.Subscribe(Capacity).ReadAllAsync(stoppingToken))
        {
            foreach (var change in changes)
            {
                if (RiskReview.IsAsked(change.Before, change.After))
                {
                    await places.WaitAsync(stoppingToken);
                    _ = ReviewAsync(change.After, places, stoppingToken);
                }
            }
        }
    }

    private async Task ReviewAsync(Order order, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        try
        {
            await review.ReviewAsync(order, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops; the rules stand in for the answer.
        }
        finally
        {
            places.Release();
        }
    }
}
