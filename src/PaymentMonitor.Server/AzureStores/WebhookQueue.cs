using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Server;

/// <summary>Takes the messages of the queue of webhooks, as the queue trigger of the Functions app does, and deletes each once it has been worked off.</summary>
internal sealed partial class WebhookQueue(QueueClient queue, QueuedDelivery delivery, TimeProvider time, ILogger<WebhookQueue> logger) : BackgroundService
{
    private const int AtOnce = 16;

    /// <summary>Longer than a delivery takes; a message that was not deleted by then comes again.</summary>
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = FirstWait; ;)
        {
            var messages = await ReceiveAsync(stoppingToken);
            if (messages is [])
            {
                await Task.Delay(wait, time, stoppingToken);
                wait = wait * 2 < WaitMax ? wait * 2 : WaitMax;
                continue;
            }

            wait = FirstWait;
            await Task.WhenAll(messages.Select(message => WorkAsync(message, stoppingToken)));
        }
    }

    private async Task<QueueMessage[]> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ReceiveMessagesAsync(AtOnce, Hidden, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Unreachable(logger, e);
            return [];
        }
    }

    private async Task WorkAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await delivery.RunAsync(message.MessageText, cancellationToken);
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, message.MessageId, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 6403, Level = LogLevel.Error, Message = "The queue of webhooks could not be read; it is tried again")]
        internal static partial void Unreachable(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 6404, Level = LogLevel.Error, Message = "The message {Message} of webhooks could not be worked off; it comes again")]
        internal static partial void Failed(ILogger logger, string message, Exception exception);
    }
}
