using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>Reads the fields of an event from JSON, in any order; <c>data</c> is read last, when all else is known to be well.</summary>
internal struct EventJsonFields
{
    private EventFields _fields;
    private Range? _data;

    internal readonly string? Id => _fields.Id;

    internal void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref reader);
        }

        // Anything after the object is a second value, and a frame carries one.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
        {
            throw new JsonException();
        }
    }

    internal readonly ReportedEvent ToEvent(ReadOnlySpan<byte> json)
    {
        var head = _fields.ToHead();
        return _fields.ToEvent(head, EventDataJson.Read(head.Type, _data is { } range ? json[range] : "{}"u8));
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("id"u8))
        {
            _fields.Id = Field.Text(ref reader, "id", EventId.MaxLength);
        }
        else if (reader.ValueTextEquals("type"u8))
        {
            _fields.Type = Field.Word(ref reader, "type", EventFields.MaxType);
        }
        else if (reader.ValueTextEquals("orderId"u8))
        {
            _fields.OrderId = Field.Text(ref reader, "orderId", OrderId.MaxLength);
        }
        else if (reader.ValueTextEquals("time"u8))
        {
            _fields.Time = Field.Time(ref reader, "time");
        }
        else if (reader.ValueTextEquals("sentAt"u8))
        {
            _fields.SentAt = Field.OptionalTime(ref reader, "sentAt");
        }
        else if (reader.ValueTextEquals("offline"u8))
        {
            _fields.Offline = Field.Flag(ref reader, "offline");
        }
        else if (reader.ValueTextEquals("boot"u8))
        {
            _fields.Boot = Field.OptionalCount(ref reader, "boot");
        }
        else if (reader.ValueTextEquals("seq"u8))
        {
            _fields.Seq = Field.OptionalCount(ref reader, "seq");
        }
        else if (reader.ValueTextEquals("trace"u8))
        {
            _fields.Trace = Field.TraceParent(ref reader);
        }
        else if (reader.ValueTextEquals("data"u8))
        {
            _data = Field.Object(ref reader, "data");
        }
        else
        {
            reader.Skip();
        }
    }
}
