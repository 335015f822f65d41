using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>What a <see cref="PackedOrder"/> tells: decisions and notices, numbered by their place.</summary>
internal static class PackedTelling
{
    private const uint Kind = 1;
    private const uint At = 2;

    private const uint Reason = 3;
    private const uint ValidUntil = 4;
    private const uint Refund = 5;
    private const uint Trace = 6;

    private const uint Payment = 3;

    internal static void Write(ProtobufWriter writer, Decision decision, DateTimeOffset clock)
    {
        writer.Text(Kind, decision.Kind);
        writer.Time(At, decision.DecidedAt, clock);
        writer.Text(Reason, decision.Reason);
        writer.Time(ValidUntil, decision.ValidUntil, decision.DecidedAt);
        writer.Text(Trace, decision.Trace);
        if (decision.Refund is { } refund)
        {
            var start = writer.Begin(Refund);
            DecisionProtobuf.WriteRefund(writer, refund);
            writer.End(start);
        }
    }

    internal static void Write(ProtobufWriter writer, Notice notice, DateTimeOffset clock)
    {
        writer.Text(Kind, notice.Type);
        writer.Time(At, notice.Time, clock);
        writer.Text(Payment, notice.Payment?.Value);
    }

    internal static Decision ReadDecision(ReadOnlySpan<byte> packed, OrderId orderId, DateTimeOffset clock, int version)
    {
        var (kind, reason) = ("", "");
        var decidedAt = clock;
        DateTimeOffset? validUntil = null;
        RefundOrder? refund = null;
        string? trace = null;
        var reader = new ProtobufReader(packed);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (Kind << 3) | Wire.Bytes:
                    kind = NameCache.Words.Get(reader.Bytes());
                    break;
                case (At << 3) | Wire.Varint:
                    decidedAt = reader.Time(clock);
                    break;
                case (Reason << 3) | Wire.Bytes:
                    reason = NameCache.Words.Get(reader.Bytes());
                    break;
                case (ValidUntil << 3) | Wire.Varint:
                    validUntil = reader.Time(decidedAt);
                    break;
                case (Refund << 3) | Wire.Bytes:
                    refund = DecisionProtobuf.ReadRefund(reader.Bytes());
                    break;
                case (Trace << 3) | Wire.Bytes:
                    trace = reader.Text();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new Decision(orderId, version, kind, reason, decidedAt, validUntil, refund, trace);
    }

    internal static Notice ReadNotice(ReadOnlySpan<byte> packed, DateTimeOffset clock, int number)
    {
        var (type, time) = ("", clock);
        PaymentId? payment = null;
        var reader = new ProtobufReader(packed);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (Kind << 3) | Wire.Bytes:
                    type = NameCache.Words.Get(reader.Bytes());
                    break;
                case (At << 3) | Wire.Varint:
                    time = reader.Time(clock);
                    break;
                case (Payment << 3) | Wire.Bytes:
                    payment = reader.Identifier<PaymentId>();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new Notice(number, type, time, payment);
    }
}
