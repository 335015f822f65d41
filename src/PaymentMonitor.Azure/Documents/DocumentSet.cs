using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Azure.Cosmos;

namespace PaymentMonitor.Azure;

/// <summary>
/// The documents of one kind in a container. What a conditional write expects is an answer, not an exception; anything else that
/// is not success throws <see cref="CosmosException"/>, with the wait that the service asks for where it is throttled.
/// </summary>
internal sealed class DocumentSet<T>(Container container, Func<T, byte[]> write, Func<ReadOnlyMemory<byte>, T> read)
    where T : class
{
    internal DocumentSet(Container container, JsonTypeInfo<T> json)
        : this(container, document => JsonSerializer.SerializeToUtf8Bytes(document, json), bytes => JsonSerializer.Deserialize(bytes.Span, json)!)
    {
    }

    internal async Task<Stored<T>?> ReadAsync(string id, string partition, CancellationToken cancellationToken)
    {
        using var response = await container.ReadItemStreamAsync(id, new PartitionKey(partition), cancellationToken: cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        using var body = new MemoryStream();
        await response.Content.CopyToAsync(body, cancellationToken);
        return new Stored<T>(read(body.ToArray()), response.Headers.ETag);
    }

    /// <returns>False if there is such a document already.</returns>
    internal async Task<bool> TryCreateAsync(T document, string partition, CancellationToken cancellationToken)
    {
        using var body = Body(document);
        using var response = await container.CreateItemStreamAsync(body, new PartitionKey(partition), Quiet(), cancellationToken);
        return Wrote(response, HttpStatusCode.Conflict);
    }

    /// <summary>Creates the document or replaces what is there.</summary>
    internal async Task UpsertAsync(T document, string partition, CancellationToken cancellationToken)
    {
        using var body = Body(document);
        using var response = await container.UpsertItemStreamAsync(body, new PartitionKey(partition), Quiet(), cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <returns>False if it was gone already.</returns>
    internal async Task<bool> DeleteAsync(string id, string partition, CancellationToken cancellationToken)
    {
        using var response = await container.DeleteItemStreamAsync(id, new PartitionKey(partition), cancellationToken: cancellationToken);
        return Wrote(response, HttpStatusCode.NotFound);
    }

    /// <returns>False if the document has changed since it had this tag, or is gone.</returns>
    internal async Task<bool> TryReplaceAsync(T document, string id, string partition, string etag, CancellationToken cancellationToken)
    {
        using var body = Body(document);
        var options = Quiet();
        options.IfMatchEtag = etag;
        using var response = await container.ReplaceItemStreamAsync(body, id, new PartitionKey(partition), options, cancellationToken);
        return Wrote(response, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotFound);
    }

    /// <returns>False if the document has changed since it had this tag, or is gone.</returns>
    internal async Task<bool> TryDeleteAsync(string id, string partition, string etag, CancellationToken cancellationToken)
    {
        var options = new ItemRequestOptions { IfMatchEtag = etag };
        using var response = await container.DeleteItemStreamAsync(id, new PartitionKey(partition), options, cancellationToken);
        return Wrote(response, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotFound);
    }

    /// <summary>One page of a query within one partition.</summary>
    internal async Task<Page<T>> QueryAsync(QueryDefinition query, string partition, int limit, string? continuation, CancellationToken cancellationToken)
    {
        var options = new QueryRequestOptions { PartitionKey = new PartitionKey(partition), MaxItemCount = limit };
        using var pages = container.GetItemQueryStreamIterator(query, continuation, options);
        using var response = await pages.ReadNextAsync(cancellationToken);
        response.EnsureSuccessStatusCode();
        using var body = await JsonDocument.ParseAsync(response.Content, cancellationToken: cancellationToken);
        var documents = body.RootElement.GetProperty("Documents").EnumerateArray().Select(d => read(JsonMarshal.GetRawUtf8Value(d).ToArray())).ToList();
        return new Page<T>(documents, response.ContinuationToken);
    }

    internal async Task<IReadOnlyList<T>> QueryAllAsync(QueryDefinition query, string partition, CancellationToken cancellationToken)
    {
        var all = new List<T>();
        string? continuation = null;
        do
        {
            var page = await QueryAsync(query, partition, 1_000, continuation, cancellationToken);
            all.AddRange(page.Documents);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return all;
    }

    private static ItemRequestOptions Quiet() => new() { EnableContentResponseOnWrite = false };

    private static bool Wrote(ResponseMessage response, params ReadOnlySpan<HttpStatusCode> refusals)
    {
        if (refusals.Contains(response.StatusCode))
        {
            return false;
        }

        response.EnsureSuccessStatusCode();
        return true;
    }

    private MemoryStream Body(T document) => new(write(document), writable: false);
}

/// <param name="ETag">Names this state of the document: a conditional write succeeds only against it.</param>
internal sealed record Stored<T>(T Document, string ETag);

internal sealed record Page<T>(IReadOnlyList<T> Documents, string? Continuation);
