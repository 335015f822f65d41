using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions;

/// <summary>Makes in emulators what the deployment makes in Azure, where the application has no right to.</summary>
internal sealed class EmulatorResources(
    Database database, BlobContainerClient deadLetters, [FromKeyedServices(BlobArchive.Container)] BlobContainerClient archive, QueueServiceClient queues)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CosmosDatabase.CreateAsync(database.Client, database.Id, cancellationToken);
        await archive.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await deadLetters.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await queues.GetQueueClient(CosmosWebhookCursors.Queue).CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await queues.GetQueueClient(ErrandQueue.Name).CreateIfNotExistsAsync(cancellationToken: cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
