using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Brings a machine and the back end to the same knowledge: takes the machine's confirmations and answers with every decision it
/// has not confirmed. This, not the push, is what makes a decision arrive.
/// </summary>
/// <param name="gaps">Knows which reports never arrived; null where nobody looks for them.</param>
public sealed class MachineSync(IOrders orders, GapWatch? gaps = null)
{
    /// <summary>Bounds the answer's size; what does not fit is in the answer to the next sync.</summary>
    private const int MaxDecisions = 500;

    public async ValueTask<SyncAnswer> AnswerAsync(MachineId machineId, SyncRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Confirmed.Count > 0)
        {
            await orders.ConfirmAsync(machineId, request.Confirmed, cancellationToken);
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
}
