using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace PaymentMonitor.Functions.Tests;

/// <summary>A blob container in memory.</summary>
internal sealed class InMemoryBlobs : BlobContainerClient
{
    internal Dictionary<string, JsonElement> Blobs { get; } = [];

    internal bool IsDown { get; set; }

    public override BlobClient GetBlobClient(string blobName) => new Blob(this, blobName);

    private sealed class Blob(InMemoryBlobs container, string name) : BlobClient
    {
        public override Task<Response<BlobContentInfo>> UploadAsync(BinaryData content, BlobUploadOptions options, CancellationToken cancellationToken = default)
        {
            if (container.IsDown)
            {
                throw new RequestFailedException(503, "The storage is down.");
            }

            // As the service does for what is only to be created.
            if (!container.Blobs.TryAdd(name, JsonDocument.Parse(content).RootElement))
            {
                throw new RequestFailedException(409, "The blob exists.");
            }

            return Task.FromResult<Response<BlobContentInfo>>(null!);
        }
    }
}
