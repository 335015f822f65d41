using System.Globalization;
using System.Text.Json.Serialization;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>A subscription as it is stored. All of them are in one partition: they are few and are read together.</summary>
internal sealed record WebhookEndpointDocument(string Id, string Pk, WebhookEndpoint Endpoint)
{
    internal const string AllEndpoints = "endpoints";
}

/// <summary>A cursor as it is stored, in the partition of its endpoint and a part of the machines, with what queries look for beside it.</summary>
/// <param name="LeaseId">Whose it is until <paramref name="LeaseUntil"/>.</param>
/// <param name="UpdatedAt">Unix milliseconds.</param>
/// <param name="Ttl">Seconds: the database takes it out by itself.</param>
internal sealed record WebhookCursorDocument(
    string Id, string Pk, string Kind, bool Waiting, bool Parked, bool Due, long UpdatedAt, string? LeaseId, DateTimeOffset? LeaseUntil, int Ttl, WebhookCursor Cursor)
{
    internal const string CursorKind = "cursor";

    internal static WebhookCursorDocument Of(WebhookCursor cursor, string? leaseId, DateTimeOffset? leaseUntil) => new(
        IdOf(cursor.Key),
        WebhookPartition.Of(cursor.Key),
        CursorKind,
        cursor.Waiting,
        !cursor.Parked.IsEmpty,
        cursor.DueAt is not null,
        cursor.UpdatedAt.ToUnixTimeMilliseconds(),
        leaseId,
        leaseUntil,
        (int)WebhookOptions.Retention.TotalSeconds,
        cursor);

    internal static string IdOf(CursorKey key) => $"c:{key.Order.MachineId}:{key.Order.OrderId}";
}

/// <summary>An attempt as it is stored, in the partition of its cursor.</summary>
/// <param name="Id">Sorts the newest first; the same for a repeated write of the same attempt.</param>
internal sealed record WebhookAttemptDocument(string Id, string Pk, string Kind, string MachineId, string OrderId, string Outcome, int Ttl, DeliveryAttempt Attempt)
{
    internal const string AttemptKind = "attempt";

    internal static WebhookAttemptDocument Of(DeliveryAttempt attempt) => new(
        string.Create(CultureInfo.InvariantCulture, $"{IdAt(attempt.Time)}:{attempt.Key.Order.MachineId}:{attempt.Key.Order.OrderId}:{attempt.Notice}:{attempt.Attempt}"),
        WebhookPartition.Of(attempt.Key),
        AttemptKind,
        attempt.Key.Order.MachineId.Value,
        attempt.Key.Order.OrderId.Value,
        attempt.Outcome.ToString(),
        (int)WebhookOptions.Retention.TotalSeconds,
        attempt);

    /// <summary>Below the ids of all attempts that were made before, and above those of the later ones.</summary>
    internal static string IdAt(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"a:{DateTimeOffset.MaxValue.UtcTicks - time.UtcTicks:D19}");
}

/// <summary>
/// The partitions of an endpoint: one for each sixteenth of the machines, so that no single partition has to take all writes. An
/// order is in one of them, with its attempts.
/// </summary>
internal static class WebhookPartition
{
    internal const int Count = 16;

    internal static string Of(CursorKey key) => Of(key.EndpointId, Part(key.Order.MachineId.Value));

    internal static string Of(string endpointId, int part) => string.Create(CultureInfo.InvariantCulture, $"{endpointId}:{part:D2}");

    /// <summary>FNV-1a: it must be the same in every process, for ever.</summary>
    internal static int Part(string machineId)
    {
        var hash = 2166136261u;
        foreach (var character in machineId)
        {
            hash = (hash ^ character) * 16777619;
        }

        return (int)(hash % Count);
    }
}

/// <summary>What the queue says: this endpoint has something to be told of this order. What it is stands in the order and the cursor.</summary>
public sealed record WebhookMessage(string EndpointId, string MachineId, string OrderId);

/// <summary>JSON of the documents and messages of webhooks.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(WebhookEndpointDocument))]
[JsonSerializable(typeof(WebhookCursorDocument))]
[JsonSerializable(typeof(WebhookAttemptDocument))]
[JsonSerializable(typeof(WebhookMessage))]
internal sealed partial class WebhookDocumentJson : JsonSerializerContext;
