using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// An order as it is stored, the same JSON in Cosmos DB and embedded: partition key <c>machineId</c>, <c>id</c> is the order id.
/// Written by hand, because every event writes one.
/// </summary>
public static class OrderDocument
{
    /// <summary>Version N reads documents of N and N-1, so that an update can be rolled out and back while orders are open.</summary>
    public const int SchemaVersion = 1;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    public static void Write(IBufferWriter<byte> output, Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var writer = t_writer ??= new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(output);
        Write(writer, order);
        writer.Flush();
    }

    private static void Write(Utf8JsonWriter writer, Order order)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, order.OrderId.Value);
        writer.WriteString("machineId"u8, order.MachineId.Value);
        writer.WriteNumber("schemaVersion"u8, SchemaVersion);
        writer.WriteNumber("rulesVersion"u8, order.RulesVersion);
        writer.WriteString("status"u8, StatusName(order.Status));
        writer.WriteNumber("version"u8, order.Version);
        writer.WriteNumber("confirmedVersion"u8, order.ConfirmedVersion);
        writer.WriteString("clock"u8, order.Clock.UtcDateTime);
        WriteOptional(writer, "due"u8, order.Due);
        WriteOptional(writer, "verdictAskedAt"u8, order.VerdictAskedAt);
        WriteOptional(writer, "allowedPayment"u8, order.AllowedPayment?.Value);
        WriteOptional(writer, "completedPayment"u8, order.CompletedPayment?.Value);
        WriteErrands(writer, order.Errands);
        writer.WriteStartArray("flags"u8);
        foreach (var flag in order.Flags)
        {
            writer.WriteStringValue(flag);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("envelopes"u8);
        foreach (var envelope in order.Envelopes)
        {
            WriteEnvelope(writer, envelope);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("decisions"u8);
        foreach (var decision in order.Decisions)
        {
            JsonSerializer.Serialize(writer, decision, WireJson.Default.Decision);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notices"u8);
        foreach (var notice in order.Notices)
        {
            writer.WriteStartObject();
            writer.WriteNumber("n"u8, notice.N);
            writer.WriteString("type"u8, notice.Type);
            writer.WriteString("time"u8, notice.Time.UtcDateTime);
            WriteOptional(writer, "payment"u8, notice.Payment?.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <exception cref="FormatException">It is not an order's document, or one of a schema that this version does not know.</exception>
    public static Order Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("The stored order is not readable.", e);
        }
    }

    private static Order Read(JsonElement root)
    {
        if (root.GetProperty("schemaVersion").GetInt32() is var schema and not SchemaVersion)
        {
            throw new FormatException($"The stored order has schema version {schema}; this version reads {SchemaVersion}.");
        }

        var machineId = MachineId.Parse(root.GetProperty("machineId").GetString()!);
        return new Order(machineId, OrderId.Parse(root.GetProperty("id").GetString()!))
        {
            RulesVersion = root.GetProperty("rulesVersion").GetInt32(),
            Status = Enum.Parse<OrderStatus>(root.GetProperty("status").GetString()!),
            ConfirmedVersion = root.GetProperty("confirmedVersion").GetInt32(),
            Clock = root.GetProperty("clock").GetDateTimeOffset(),
            Due = OptionalTime(root, "due"),
            VerdictAskedAt = OptionalTime(root, "verdictAskedAt"),
            AllowedPayment = OptionalPayment(root, "allowedPayment"),
            CompletedPayment = OptionalPayment(root, "completedPayment"),
            Errands = ReadErrands(root),
            Flags = [.. root.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!)],
            Envelopes = [.. root.GetProperty("envelopes").EnumerateArray().Select(envelope => ReadEnvelope(machineId, envelope))],
            Decisions = [.. root.GetProperty("decisions").EnumerateArray().Select(decision => decision.Deserialize(WireJson.Default.Decision)!)],
            Notices = ReadNotices(root.GetProperty("notices")),
        };
    }

    // Only where there are any, so that a query for orders with errands finds few documents.
    private static void WriteErrands(Utf8JsonWriter writer, ProviderErrands errands)
    {
        if (errands is ProviderErrands.None)
        {
            return;
        }

        writer.WriteStartArray("errands"u8);
        foreach (var errand in ProviderErrandNames.Of(errands))
        {
            writer.WriteStringValue(errand);
        }

        writer.WriteEndArray();
    }

    private static ProviderErrands ReadErrands(JsonElement root)
    {
        var errands = ProviderErrands.None;
        if (root.TryGetProperty("errands", out var names))
        {
            foreach (var name in names.EnumerateArray())
            {
                errands |= ProviderErrandNames.Parse(name.GetString()!);
            }
        }

        return errands;
    }

    private static void WriteEnvelope(Utf8JsonWriter writer, Envelope envelope)
    {
        writer.WriteStartObject();
        writer.WriteString("source"u8, SourceName(envelope.Source));
        writer.WriteString("receivedAt"u8, envelope.ReceivedAt.UtcDateTime);
        writer.WriteString("eventTime"u8, envelope.EventTime.UtcDateTime);
        if (envelope.ClockSuspect)
        {
            writer.WriteBoolean("clockSuspect"u8, true);
        }

        writer.WritePropertyName("event"u8);
        EventJson.Write(writer, envelope.Event);
        writer.WriteEndObject();
    }

    private static Envelope ReadEnvelope(MachineId machineId, JsonElement json)
    {
        if (!EventJson.TryRead(JsonMarshal.GetRawUtf8Value(json.GetProperty("event")), out var reported, out var refusal))
        {
            throw new FormatException($"A stored event is not readable: {refusal.Error.Message}");
        }

        return new Envelope(
            reported,
            Enum.Parse<EventSource>(json.GetProperty("source").GetString()!, ignoreCase: true),
            machineId,
            json.GetProperty("receivedAt").GetDateTimeOffset(),
            json.GetProperty("eventTime").GetDateTimeOffset(),
            json.TryGetProperty("clockSuspect", out var suspect) && suspect.GetBoolean());
    }

    private static ImmutableArray<Notice> ReadNotices(JsonElement notices)
    {
        return [.. notices.EnumerateArray().Select(notice => new Notice(
            notice.GetProperty("n").GetInt32(),
            notice.GetProperty("type").GetString()!,
            notice.GetProperty("time").GetDateTimeOffset(),
            OptionalPayment(notice, "payment")))];
    }

    private static DateTimeOffset? OptionalTime(JsonElement json, string name) => json.TryGetProperty(name, out var time) ? time.GetDateTimeOffset() : null;

    private static PaymentId? OptionalPayment(JsonElement json, string name) => json.TryGetProperty(name, out var id) ? PaymentId.Parse(id.GetString()!) : null;

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            writer.WriteString(name, value.UtcDateTime);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static string SourceName(EventSource source) => source switch
    {
        EventSource.Machine => "machine",
        EventSource.Provider => "provider",
        _ => "system",
    };

    // A switch of literals instead of ToString(), which allocates.
    private static string StatusName(OrderStatus status) => status switch
    {
        OrderStatus.Created => nameof(OrderStatus.Created),
        OrderStatus.Paying => nameof(OrderStatus.Paying),
        OrderStatus.Paid => nameof(OrderStatus.Paid),
        OrderStatus.ShipmentAllowed => nameof(OrderStatus.ShipmentAllowed),
        OrderStatus.RefundDue => nameof(OrderStatus.RefundDue),
        OrderStatus.Completed => nameof(OrderStatus.Completed),
        OrderStatus.Closed => nameof(OrderStatus.Closed),
        OrderStatus.Refunded => nameof(OrderStatus.Refunded),
        _ => nameof(OrderStatus.Unresolved),
    };
}
