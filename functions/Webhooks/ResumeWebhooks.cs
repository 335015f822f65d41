using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Every ten minutes: has enabled endpoints go on with what was left waiting.</summary>
/// <param name="registry">Null where webhooks are off.</param>
public sealed class ResumeWebhooks(WebhookRegistry? registry = null)
{
    [Function(nameof(ResumeWebhooks))]
    public Task RunAsync([TimerTrigger("30 */10 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        registry?.ResumeAsync(cancellationToken) ?? Task.CompletedTask;
}
