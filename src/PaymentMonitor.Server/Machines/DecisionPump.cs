using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>Pushes the decisions of each transaction as soon as it is committed.</summary>
internal sealed class DecisionPump(EmbeddedStore store, DecisionPush push, Redelivery redelivery) : BackgroundService
{
    // A fleet's burst fits; what does not is in the answers to the machines' next syncs.
    private const int Capacity = 1_024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var changes in store.Subscribe(Capacity).ReadAllAsync(stoppingToken))
        {
            foreach (var change in changes)
            {
                var known = change.Before?.Version ?? 0;
                if (change.After.Version > known)
                {
                    await push.SendAsync(change.After, known, stoppingToken);
                }

                redelivery.Note(change.After);
            }
        }
    }
}
