using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>The fields of an event as they are met, in any order; <c>data</c> is read last, when the type is known.</summary>
internal struct EventFields
{
    internal string? Id;
    private string? _type;
    private string? _orderId;
    private DateTimeOffset? _time;
    private DateTimeOffset? _sentAt;
    private bool _offline;
    private long? _boot;
    private long? _seq;
    private Range? _data;

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
        var id = Field.Identifier<EventId>(Id, "id");
        var type = _type ?? throw Field.Missing("type");
        var orderId = Field.Identifier<OrderId>(_orderId, "orderId");
        var time = _time ?? throw Field.Missing("time");
        if (_boot is null != _seq is null)
        {
            throw Field.Missing(_boot is null ? "boot" : "seq");
        }

        var data = _data is { } range ? json[range] : "{}"u8;
        return new ReportedEvent(id, orderId, EventDataJson.Read(type, data), time, _sentAt, _offline, _boot, _seq);
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("id"u8))
        {
            Id = Field.Text(ref reader, "id", EventId.MaxLength);
        }
        else if (reader.ValueTextEquals("type"u8))
        {
            _type = Field.Text(ref reader, "type", 64);
        }
        else if (reader.ValueTextEquals("orderId"u8))
        {
            _orderId = Field.Text(ref reader, "orderId", OrderId.MaxLength);
        }
        else if (reader.ValueTextEquals("time"u8))
        {
            _time = Field.Time(ref reader, "time");
        }
        else if (reader.ValueTextEquals("sentAt"u8))
        {
            _sentAt = Field.OptionalTime(ref reader, "sentAt");
        }
        else if (reader.ValueTextEquals("offline"u8))
        {
            _offline = Field.Flag(ref reader, "offline");
        }
        else if (reader.ValueTextEquals("boot"u8))
        {
            _boot = Field.OptionalCount(ref reader, "boot");
        }
        else if (reader.ValueTextEquals("seq"u8))
        {
            _seq = Field.OptionalCount(ref reader, "seq");
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
