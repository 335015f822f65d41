using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace PaymentMonitor.Functions.Tests;

/// <summary>A blob container in memory.</summary>
internal sealed class InMemoryBlobs : BlobContainerClient
{
    internal Dictionary<string, JsonElement> Blobs { get; } = [];

    /// <summary>What happens around each upload; nothing unless set.</summary>
    internal Func<Func<Task>, Task> Around { get; set; } = call => call();

    internal bool IsDown { get; set; }

    public override Task<Response<bool>> ExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(Response.FromValue(true, null!));

    public override BlobClient GetBlobClient(string blobName) => new Blob(this, blobName);

    private sealed class Blob(InMemoryBlobs container, string name) : BlobClient
    {
        public override async Task<Response<BlobContentInfo>> UploadAsync(BinaryData content, BlobUploadOptions options, CancellationToken cancellationToken = default)
        {
            if (container.IsDown)
            {
                throw new RequestFailedException(503, "The storage is down.");
            }

            await container.Around(() =>
            {
                // As the service does for what is only to be created.
                return container.Blobs.TryAdd(name, JsonDocument.Parse(content).RootElement)
                    ? Task.CompletedTask
                    : throw new RequestFailedException(409, "The blob exists.");
            });
            return null!;
        }
    }
}
