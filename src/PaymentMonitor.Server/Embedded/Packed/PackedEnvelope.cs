using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Server.Embedded;

/// <summary>One envelope of a <see cref="PackedOrder"/>, without what the order says for all of them.</summary>
internal static class PackedEnvelope
{
    private const uint Id = 1;
    private const uint Type = 2;
    private const uint Source = 3;
    private const uint ReceivedAt = 4;
    private const uint EventTime = 5;
    private const uint ClockSuspect = 6;
    private const uint Time = 7;
    private const uint SentAt = 8;
    private const uint Offline = 9;
    private const uint Boot = 10;
    private const uint Seq = 11;
    private const uint Trace = 12;
    private const uint Data = 13;

    internal static void Write(ProtobufWriter writer, Envelope envelope, DateTimeOffset clock)
    {
        var reported = envelope.Event;
        writer.Text(Id, reported.Id.Value);
        writer.Text(Type, reported.Body.Type);
        writer.Number(Source, (long)envelope.Source);
        writer.Time(ReceivedAt, envelope.ReceivedAt, clock);
        writer.Time(EventTime, envelope.EventTime, envelope.ReceivedAt);
        writer.Flag(ClockSuspect, envelope.ClockSuspect);
        writer.Time(Time, reported.Time, envelope.ReceivedAt);
        writer.Time(SentAt, reported.SentAt, envelope.ReceivedAt);
        writer.Flag(Offline, reported.Offline);
        writer.OptionalNumber(Boot, reported.Boot);
        writer.OptionalNumber(Seq, reported.Seq);
        writer.Text(Trace, reported.Trace);
        var data = writer.Begin(Data);
        EventDataProtobuf.Write(writer, reported.Body);
        writer.End(data);
    }

    internal static Envelope Read(ReadOnlySpan<byte> packed, MachineId machineId, OrderId orderId, DateTimeOffset clock)
    {
        EventId id = default;
        var type = "";
        var (source, receivedAt, eventTime, isSuspect) = (default(EventSource), clock, clock, false);
        DateTimeOffset time = default;
        DateTimeOffset? sentAt = null;
        var isOffline = false;
        long? boot = null, seq = null;
        string? trace = null;
        var data = default(EventDataFields);
        var reader = new ProtobufReader(packed);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (Id << 3) | Wire.Bytes:
                    id = reader.Identifier<EventId>();
                    break;
                case (Type << 3) | Wire.Bytes:
                    type = NameCache.Words.Get(reader.Bytes());
                    break;
                case (Source << 3) | Wire.Varint:
                    source = (EventSource)reader.Varint();
                    break;
                case (ReceivedAt << 3) | Wire.Varint:
                    receivedAt = reader.Time(clock);
                    break;
                case (EventTime << 3) | Wire.Varint:
                    eventTime = reader.Time(receivedAt);
                    break;
                case (ClockSuspect << 3) | Wire.Varint:
                    isSuspect = reader.Varint() != 0;
                    break;
                case (Time << 3) | Wire.Varint:
                    time = reader.Time(receivedAt);
                    break;
                case (SentAt << 3) | Wire.Varint:
                    sentAt = reader.Time(receivedAt);
                    break;
                case (Offline << 3) | Wire.Varint:
                    isOffline = reader.Varint() != 0;
                    break;
                case (Boot << 3) | Wire.Varint:
                    boot = (long)reader.Varint();
                    break;
                case (Seq << 3) | Wire.Varint:
                    seq = (long)reader.Varint();
                    break;
                case (Trace << 3) | Wire.Bytes:
                    trace = reader.Text();
                    break;
                case (Data << 3) | Wire.Bytes:
                    EventDataProtobuf.Read(reader.Bytes(), ref data);
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var reported = new ReportedEvent(id, orderId, data.ToBody(type), time, sentAt, isOffline, boot, seq, trace);
        return new Envelope(reported, source, machineId, receivedAt, eventTime, isSuspect);
    }
}
