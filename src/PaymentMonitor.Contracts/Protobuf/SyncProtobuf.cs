using System.Diagnostics.CodeAnalysis;

namespace PaymentMonitor.Contracts;

/// <summary>Protocol Buffers of a sync and its answer: the messages <c>SyncRequest</c> and <c>SyncAnswer</c> of <c>paymentmonitor.proto</c>.</summary>
public static class SyncProtobuf
{
    public static bool TryReadRequest(ReadOnlySpan<byte> message, [NotNullWhen(true)] out SyncRequest? request)
    {
        try
        {
            request = ReadRequest(message);
            return true;
        }
        catch (ProtobufException)
        {
            request = null;
            return false;
        }
    }

    public static byte[] ToBytes(SyncRequest request)
    {
        var writer = new ProtobufWriter(128);
        Write(writer, request);
        return writer.ToArray();
    }

    internal static void Write(ProtobufWriter writer, SyncRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        foreach (var confirmation in request.Confirmed)
        {
            var start = writer.Begin(1);
            writer.Text(1, confirmation.OrderId.Value);
            writer.Number(2, confirmation.Version);
            writer.End(start);
        }

        Write(writer, 2, request.Seen);
        Write(writer, 3, request.Before);
    }

    private static void Write(ProtobufWriter writer, uint field, SeenUpTo? seen)
    {
        if (seen is not null)
        {
            var start = writer.Begin(field);
            writer.Number(1, seen.Boot);
            writer.Number(2, seen.Seq);
            writer.End(start);
        }
    }

    internal static void Write(ProtobufWriter writer, SyncAnswer answer)
    {
        foreach (var decision in answer.Decisions)
        {
            var start = writer.Begin(1);
            DecisionProtobuf.Write(writer, decision);
            writer.End(start);
        }

        foreach (var range in answer.Resend)
        {
            var start = writer.Begin(2);
            writer.Number(1, range.Boot);
            writer.Number(2, range.From);
            writer.Number(3, range.To);
            writer.End(start);
        }

        Timestamps.Write(writer, 3, answer.ServerTime);
    }

    internal static SyncAnswer ReadAnswer(ReadOnlySpan<byte> message)
    {
        List<Decision> decisions = [];
        List<ResendRange> resend = [];
        DateTimeOffset? serverTime = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    decisions.Add(DecisionProtobuf.Read(reader.Bytes()));
                    break;
                case (2 << 3) | Wire.Bytes:
                    var (boot, from, to) = Numbers(reader.Bytes());
                    resend.Add(new ResendRange(boot, from, to));
                    break;
                case (3 << 3) | Wire.Bytes:
                    serverTime = Timestamps.Read(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new SyncAnswer(decisions, resend) { ServerTime = serverTime };
    }

    private static SyncRequest ReadRequest(ReadOnlySpan<byte> message)
    {
        List<Confirmation> confirmed = [];
        SeenUpTo? seen = null;
        SeenUpTo? before = null;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    confirmed.Add(ReadConfirmation(reader.Bytes()));
                    break;
                case (2 << 3) | Wire.Bytes:
                    seen = ReadSeen(reader.Bytes());
                    break;
                case (3 << 3) | Wire.Bytes:
                    before = ReadSeen(reader.Bytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new SyncRequest(confirmed, seen, before);
    }

    private static SeenUpTo ReadSeen(ReadOnlySpan<byte> message)
    {
        var (boot, seq, _) = Numbers(message);
        return new SeenUpTo(boot, seq);
    }

    private static Confirmation ReadConfirmation(ReadOnlySpan<byte> message)
    {
        OrderId? orderId = null;
        var version = 0;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    orderId = reader.Identifier<OrderId>();
                    break;
                case (2 << 3) | Wire.Varint:
                    version = (int)reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new Confirmation(orderId ?? throw new ProtobufException("A confirmation lacks its order."), version);
    }

    /// <summary>The fields 1 to 3 of a message that has nothing but numbers; absent ones are 0.</summary>
    private static (long First, long Second, long Third) Numbers(ReadOnlySpan<byte> message)
    {
        var (first, second, third) = (0L, 0L, 0L);
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Varint:
                    first = (long)reader.Varint();
                    break;
                case (2 << 3) | Wire.Varint:
                    second = (long)reader.Varint();
                    break;
                case (3 << 3) | Wire.Varint:
                    third = (long)reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return (first, second, third);
    }
}
