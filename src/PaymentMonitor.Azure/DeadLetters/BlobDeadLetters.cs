using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// Dead letters as blobs, by reason and day. Setting the same letter aside again on the same day leaves one. What lists look for
/// is in the metadata too, so that a list opens only the blobs that it shows.
/// </summary>
public sealed class BlobDeadLetters(BlobContainerClient container, DeadLetterCounter counter, TimeProvider time) : IDeadLetters
{
    public const string Container = "dead-letters";

    private const string MachineMetadata = "machine";
    private const string SetAsideMetadata = "setaside";
    private const string ReplayedMetadata = "replayed";

    public async ValueTask SetAsideAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(letter);
        var now = time.GetUtcNow();
        var name = $"{letter.Reason}/{now.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture)}/{letter.Position}.json";
        var isNew = new BlobRequestConditions { IfNoneMatch = ETag.All };
        if (await TryWriteAsync(name, DeadLetterDocument.Of(letter, now), isNew, cancellationToken))
        {
            counter.SetAside(letter.Reason, letter.Replays > 0);
        }
    }

    public async ValueTask<DeadLetterPage> ListAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var prefix = query.Reason is { } reason ? $"{reason}/" : null;
        var pages = container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken).AsPages(Token(query.Continuation), query.Limit);
        await foreach (var page in pages)
        {
            var matches = page.Values.Where(blob => IsMatch(blob.Metadata, query)).ToList();
            if (matches.Count > 0 || string.IsNullOrEmpty(page.ContinuationToken))
            {
                var letters = await Task.WhenAll(matches.Select(blob => ReadAsync(blob.Name, cancellationToken)));
                var continuation = string.IsNullOrEmpty(page.ContinuationToken) ? null : Encode(page.ContinuationToken);

                // One that was trimmed meanwhile is nowhere any more.
                return new DeadLetterPage([.. letters.OfType<KeptDeadLetter>()], continuation);
            }
        }

        return new DeadLetterPage([], null);
    }

    public async ValueTask<KeptDeadLetter?> FindAsync(string id, CancellationToken cancellationToken)
    {
        return TryDecode(id, out var name) ? await ReadAsync(name, cancellationToken) : null;
    }

    public async ValueTask MarkReplayedAsync(string id, Replayed replayed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replayed);
        if (!TryDecode(id, out var name))
        {
            return;
        }

        while (await DownloadAsync(name, cancellationToken) is { } stored)
        {
            // Of two that replay at once, the later note stands.
            var same = new BlobRequestConditions { IfMatch = stored.ETag };
            if (await TryWriteAsync(name, stored.Document with { ReplayedAt = replayed.At, ReplayedBy = replayed.By }, same, cancellationToken))
            {
                return;
            }
        }
    }

    private async Task<KeptDeadLetter?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        return (await DownloadAsync(name, cancellationToken))?.Document.ToLetter(Encode(name));
    }

    private async Task<(DeadLetterDocument Document, ETag ETag)?> DownloadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var blob = (await container.GetBlobClient(name).DownloadContentAsync(cancellationToken)).Value;
            return (JsonSerializer.Deserialize(blob.Content, AzureJson.Default.DeadLetterDocument)!, blob.Details.ETag);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    private async Task<bool> TryWriteAsync(string name, DeadLetterDocument document, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions { Conditions = conditions, Metadata = Metadata(document) };
        try
        {
            await container.GetBlobClient(name).UploadAsync(
                BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(document, AzureJson.Default.DeadLetterDocument)), options, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            return false;
        }
    }

    private static Dictionary<string, string> Metadata(DeadLetterDocument document)
    {
        var metadata = new Dictionary<string, string> { [SetAsideMetadata] = document.SetAsideAt.ToString("O", CultureInfo.InvariantCulture) };
        if (document.MachineId is { } machine)
        {
            metadata[MachineMetadata] = machine.Value;
        }

        if (document.ReplayedAt is { } at)
        {
            metadata[ReplayedMetadata] = at.ToString("O", CultureInfo.InvariantCulture);
        }

        return metadata;
    }

    private static bool IsMatch(IDictionary<string, string> metadata, DeadLetterQuery query)
    {
        var setAsideAt = DateTimeOffset.Parse(metadata[SetAsideMetadata], CultureInfo.InvariantCulture);
        return (query.MachineId is not { } machine || (metadata.TryGetValue(MachineMetadata, out var found) && found == machine.Value))
            && (query.From is not { } from || setAsideAt >= from)
            && (query.To is not { } to || setAsideAt < to)
            && (query.IsReplayed is not { } isReplayed || metadata.ContainsKey(ReplayedMetadata) == isReplayed);
    }

    private static string? Token(string? continuation)
    {
        return continuation is null ? null : TryDecode(continuation, out var token) ? token : throw new FormatException($"'{continuation}' is not a continuation that a page gave.");
    }

    // Names have slashes and tokens have what the service likes: neither can stand in a path as it is.
    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static bool TryDecode(string id, out string text)
    {
        if (!Base64Url.IsValid(id))
        {
            text = "";
            return false;
        }

        text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(id));
        return text.Length > 0;
    }
}
