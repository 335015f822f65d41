using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// The archive in a container of blobs. A day is written into a temporary file first, because Parquet ends with what only its end
/// knows; the upload is committed as a whole. Since when changes may be missing is in the metadata.
/// </summary>
public sealed class BlobArchive(BlobContainerClient container) : IOrderArchive
{
    public const string Container = "archive";

    private const string AsOfMetadata = "asof";

    public async ValueTask<DateTimeOffset?> WrittenAtAsync(DateOnly day, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await container.GetBlobClient($"{ArchiveDays.FolderOf(day)}/{ArchiveDays.DayFile}").GetPropertiesAsync(cancellationToken: cancellationToken);
            return DateTimeOffset.Parse(properties.Metadata[AsOfMetadata], CultureInfo.InvariantCulture);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    public Task<int> WriteDayAsync(DateOnly day, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        WriteAsync($"{ArchiveDays.FolderOf(day)}/{ArchiveDays.DayFile}", orders, asOf, cancellationToken);

    public Task<int> AddLateAsync(DateOnly day, IReadOnlyList<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        WriteAsync($"{ArchiveDays.FolderOf(day)}/{ArchiveDays.LateFile(asOf)}", orders.ToAsyncEnumerable(), asOf, cancellationToken);

    private async Task<int> WriteAsync(string name, IAsyncEnumerable<Order> orders, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetTempPath(), $"paymentmonitor-archive-{Guid.NewGuid():n}.parquet");
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        var count = await OrderArchive.WriteAsync(file, orders, cancellationToken);
        if (count > 0)
        {
            file.Position = 0;
            var options = new BlobUploadOptions { Metadata = new Dictionary<string, string> { [AsOfMetadata] = asOf.ToString("O", CultureInfo.InvariantCulture) } };
            await container.GetBlobClient(name).UploadAsync(file, options, cancellationToken);
        }

        return count;
    }
}
