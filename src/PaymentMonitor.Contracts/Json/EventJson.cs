using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>
/// JSON of reported events. Written by hand because a refusal must name the field and the rule that it breaks, and because every
/// event passes here. Fields come in any order; unknown fields are ignored, so that newer reporters can talk to older back ends.
/// </summary>
public static class EventJson
{
    /// <param name="refusal">Names what is wrong: <c>malformed</c>, <c>missing-field</c>, <c>invalid-field</c>, <c>invalid-amount</c> or <c>unknown-type</c>.</param>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ReportedEvent? reported, [NotNullWhen(false)] out EventRefusal? refusal)
    {
        var fields = new EventJsonFields();
        try
        {
            fields.Read(json);
            reported = fields.ToEvent(json);
            refusal = null;
            return true;
        }
        catch (EventRefusedException e)
        {
            refusal = new EventRefusal(fields.Id, e.Error);
        }
        catch (JsonException)
        {
            refusal = new EventRefusal(fields.Id, new NamedError("malformed", "The event is not one JSON object."));
        }

        reported = null;
        return false;
    }

    /// <summary>Reads the object under <c>data</c> alone, for sources that wrap it in their own way.</summary>
    public static bool TryReadData(string type, ReadOnlySpan<byte> data, [NotNullWhen(true)] out OrderEvent? body, [NotNullWhen(false)] out NamedError? error)
    {
        try
        {
            body = EventDataJson.Read(type, data);
            error = null;
            return true;
        }
        catch (EventRefusedException e)
        {
            body = null;
            error = e.Error;
            return false;
        }
    }

    public static void Write(Utf8JsonWriter writer, ReportedEvent reported)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(reported);
        writer.WriteStartObject();
        writer.WriteString("id"u8, reported.Id.Value);
        writer.WriteString("type"u8, reported.Body.Type);
        writer.WriteString("orderId"u8, reported.OrderId.Value);
        if (reported.Boot is { } boot)
        {
            writer.WriteNumber("boot"u8, boot);
        }

        if (reported.Seq is { } seq)
        {
            writer.WriteNumber("seq"u8, seq);
        }

        writer.WriteString("time"u8, reported.Time.UtcDateTime);
        if (reported.SentAt is { } sentAt)
        {
            writer.WriteString("sentAt"u8, sentAt.UtcDateTime);
        }

        if (reported.Offline)
        {
            writer.WriteBoolean("offline"u8, true);
        }

        if (reported.Trace is { } trace)
        {
            writer.WriteString("trace"u8, trace);
        }

        writer.WritePropertyName("data"u8);
        WriteData(writer, reported.Body);
        writer.WriteEndObject();
    }

    /// <summary>Writes the object under <c>data</c> alone.</summary>
    public static void WriteData(Utf8JsonWriter writer, OrderEvent body)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        EventDataJson.Write(writer, body);
        writer.WriteEndObject();
    }

    public static byte[] ToBytes(ReportedEvent reported) => JsonScratch.ToBytes(reported, Write);
}

/// <param name="Id">The event's id as it was sent, where one could be read.</param>
public sealed record EventRefusal(string? Id, NamedError Error);
