using System.Globalization;
using System.Text.Json;
using Azure.Storage.Blobs;

namespace PaymentMonitor.Azure;

/// <summary>Dead letters as blobs, by reason and day. Setting the same letter aside again on the same day leaves one.</summary>
public sealed class BlobDeadLetters(BlobContainerClient container, TimeProvider time)
{
    public const string Container = "dead-letters";

    public async Task SetAsideAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(letter);
        var now = time.GetUtcNow();
        var document = new DeadLetterDocument(
            letter.Reason, letter.Message, letter.Position, now, letter.MachineId, letter.OrderId, letter.Source, letter.ReceivedAt, letter.Body.ToArray());
        var content = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(document, AzureJson.Default.DeadLetterDocument));
        var name = $"{letter.Reason}/{now.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture)}/{letter.Position}.json";
        await container.GetBlobClient(name).UploadAsync(content, overwrite: true, cancellationToken);
    }
}
