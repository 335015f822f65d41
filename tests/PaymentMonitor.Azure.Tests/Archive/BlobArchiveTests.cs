using Azure.Storage.Blobs;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

/// <summary>The archive as blobs of Azurite.</summary>
public sealed class BlobArchiveTests(AzuriteServer azurite) : OrderArchiveContract
{
    private BlobContainerClient? _container;

    protected override async Task<IOrderArchive> NewAsync() => new BlobArchive(_container = await azurite.NewContainerAsync());

    protected override async Task<Stream> OpenAsync(string name) =>
        (await _container!.GetBlobClient(name).DownloadContentAsync(Token)).Value.Content.ToStream();
}
