using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Every ten seconds: tries callbacks of the payment provider again that were faster than their orders. What fails is tried again with the next.</summary>
/// <param name="intake">Null where no payment provider is configured.</param>
public sealed class RetryParked(ProviderIntake? intake = null)
{
    [Function(nameof(RetryParked))]
    public async Task RunAsync([TimerTrigger("*/10 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (intake is not null)
        {
            await intake.RetryParkedAsync(cancellationToken);
        }
    }
}
