using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PaymentMonitor.Contracts;

/// <summary>
/// Protocol Buffers of reported events: the message <c>Event</c> of <c>paymentmonitor.proto</c>. The rules and the refusals are those of
/// <see cref="EventJson"/>. Unknown fields are ignored.
/// </summary>
public static class EventProtobuf
{
    private const uint Id = (1 << 3) | Wire.Bytes;
    private const uint Type = (2 << 3) | Wire.Bytes;
    private const uint OrderIdTag = (3 << 3) | Wire.Bytes;
    private const uint Boot = (4 << 3) | Wire.Varint;
    private const uint Seq = (5 << 3) | Wire.Varint;
    private const uint Time = (6 << 3) | Wire.Bytes;
    private const uint SentAt = (7 << 3) | Wire.Bytes;
    private const uint Offline = (8 << 3) | Wire.Varint;
    private const uint Data = (9 << 3) | Wire.Bytes;
    private const uint Trace = (10 << 3) | Wire.Bytes;

    /// <param name="refusal">Names what is wrong: <c>malformed</c>, <c>missing-field</c>, <c>invalid-field</c>, <c>invalid-amount</c> or <c>unknown-type</c>.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, [NotNullWhen(true)] out ReportedEvent? reported, [NotNullWhen(false)] out EventRefusal? refusal)
    {
        var fields = default(EventFields);
        try
        {
            Read(message, ref fields);
            var head = fields.ToHead();
            reported = fields.ToEvent(head, ReadData(message).ToBody(head.Type));
            refusal = null;
            return true;
        }
        catch (EventRefusedException e)
        {
            refusal = new EventRefusal(fields.Id, e.Error);
        }
        catch (ProtobufException e)
        {
            refusal = new EventRefusal(fields.Id, new NamedError("malformed", $"The event is no Protocol Buffers message. {e.Message}"));
        }

        reported = null;
        return false;
    }

    public static byte[] ToBytes(ReportedEvent reported)
    {
        var writer = new ProtobufWriter();
        Write(writer, reported);
        return writer.ToArray();
    }

    internal static void Write(ProtobufWriter writer, ReportedEvent reported)
    {
        ArgumentNullException.ThrowIfNull(reported);
        writer.Text(1, reported.Id.Value);
        writer.Text(2, reported.Body.Type);
        writer.Text(3, reported.OrderId.Value);
        writer.OptionalNumber(4, reported.Boot);
        writer.OptionalNumber(5, reported.Seq);
        Timestamps.Write(writer, 6, reported.Time);
        Timestamps.Write(writer, 7, reported.SentAt);
        writer.Flag(8, reported.Offline);
        var data = writer.Begin(9);
        EventDataProtobuf.Write(writer, reported.Body);
        writer.End(data);
        writer.Text(10, reported.Trace);
    }

    private static void Read(ReadOnlySpan<byte> message, ref EventFields fields)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case Id:
                    fields.Id = Text(ref reader, "id", EventId.MaxLength);
                    break;
                case Trace:
                    fields.Trace = Field.TraceParent(reader.Text());
                    break;
                case Type:
                    fields.Type = Word(ref reader, "type", EventFields.MaxType);
                    break;
                case OrderIdTag:
                    fields.OrderId = Text(ref reader, "orderId", OrderId.MaxLength);
                    break;
                case Boot:
                    fields.Boot = Count(ref reader, "boot");
                    break;
                case Seq:
                    fields.Seq = Count(ref reader, "seq");
                    break;
                case Time:
                    fields.Time = Moment(ref reader, "time");
                    break;
                case SentAt:
                    fields.SentAt = Moment(ref reader, "sentAt");
                    break;
                case Offline:
                    fields.Offline = reader.Varint() != 0;
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    /// <summary>A second look, so that the event's own fields are judged before what it says, in whatever order they came.</summary>
    private static EventDataFields ReadData(ReadOnlySpan<byte> message)
    {
        var data = default(EventDataFields);
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == Data)
            {
                // Several are one in several parts: that is how Protocol Buffers has it.
                EventDataProtobuf.Read(reader.Bytes(), ref data);
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return data;
    }

    internal static string Text(ref ProtobufReader reader, string name, int maxLength) => Text(reader.Bytes(), name, maxLength);

    /// <summary>A text that is one of few, most of the time, and then is not made anew.</summary>
    internal static string Word(ref ProtobufReader reader, string name, int maxLength)
    {
        var bytes = reader.Bytes();
        return bytes.Length <= maxLength && System.Text.Unicode.Utf8.IsValid(bytes) ? NameCache.Words.Get(bytes) : Text(bytes, name, maxLength);
    }

    private static string Text(ReadOnlySpan<byte> bytes, string name, int maxLength)
    {
        // A text that is far too long is refused before it is copied.
        if (bytes.Length > maxLength * 3)
        {
            throw Field.Invalid(name, $"a text of at most {maxLength} characters");
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw Field.Invalid(name, "valid UTF-8");
        }

        var text = Encoding.UTF8.GetString(bytes);
        return text.Length <= maxLength ? text : throw Field.Invalid(name, $"a text of at most {maxLength} characters");
    }

    internal static long Count(ref ProtobufReader reader, string name)
    {
        var count = (long)reader.Varint();
        return count >= 0 ? count : throw Field.Invalid(name, "a whole number, 0 or more");
    }

    private static DateTimeOffset Moment(ref ProtobufReader reader, string name)
    {
        return Timestamps.Read(reader.Bytes()) ?? throw Field.Invalid(name, "a time between the years 1 and 9999");
    }
}
