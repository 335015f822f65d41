using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Brings a machine and the back end to the same knowledge: takes the machine's confirmations and answers with every decision it
/// has not confirmed. This, not the push, is what makes a decision arrive.
/// </summary>
/// <param name="log">Where orders are told of decisions that were lost; null where nobody looks for them.</param>
/// <param name="gaps">Knows which reports never arrived; null where nobody looks for them.</param>
public sealed class MachineSync(IOrders orders, GapWatch? gaps = null, IEventLog? log = null, TimeProvider? time = null)
{
    /// <summary>Bounds the answer's size; what does not fit is in the answer to the next sync.</summary>
    private const int MaxDecisions = 500;

    /// <summary>Bounds what one sync can put into the log; the next one has the rest.</summary>
    private const int MaxLost = 64;

    public async ValueTask<SyncAnswer> AnswerAsync(MachineId machineId, SyncRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Confirmed.Count > 0)
        {
            foreach (var lost in (await orders.ConfirmAsync(machineId, request.Confirmed, cancellationToken)).Take(MaxLost))
            {
                await TellLostAsync(machineId, lost, cancellationToken);
            }
        }

        var open = new List<Decision>();
        foreach (var order in await orders.UnconfirmedAsync(machineId, cancellationToken))
        {
            foreach (var decision in order.Decisions)
            {
                if (decision.Version > order.ConfirmedVersion && open.Count < MaxDecisions)
                {
                    open.Add(decision);
                }
            }
        }

        var resend = gaps is null ? [] : await gaps.AnswerAsync(machineId, request, cancellationToken);
        return new SyncAnswer(open, resend);
    }

    // Through the log and not at once: what was read may have been old, and the order, where it is written, knows better.
    private async ValueTask TellLostAsync(MachineId machineId, Confirmation confirmed, CancellationToken cancellationToken)
    {
        if (log is null || confirmed.Version < 1)
        {
            return;
        }

        var id = EventId.Parse($"{confirmed.OrderId}/decisions-lost/{confirmed.Version}");
        var lost = new ReportedEvent(id, confirmed.OrderId, new OrderEvent.DecisionsLost(confirmed.Version), (time ?? TimeProvider.System).GetUtcNow());
        await log.AppendAsync(new Report(machineId, EventSource.System, lost, EventJson.ToBytes(lost)), cancellationToken);
    }
}
