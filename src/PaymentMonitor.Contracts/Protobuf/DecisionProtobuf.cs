namespace PaymentMonitor.Contracts;

/// <summary>The message <c>Decision</c>.</summary>
internal static class DecisionProtobuf
{
    internal static Decision Read(ReadOnlySpan<byte> message)
    {
        OrderId? orderId = null;
        var (version, kind, reason) = (0, "", "");
        DateTimeOffset? decidedAt = null, validUntil = null;
        RefundOrder? refund = null;
        string? trace = null;
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
                case (3 << 3) | Wire.Bytes:
                    kind = reader.Text();
                    break;
                case (4 << 3) | Wire.Bytes:
                    reason = reader.Text();
                    break;
                case (5 << 3) | Wire.Bytes:
                    decidedAt = Moment(ref reader);
                    break;
                case (6 << 3) | Wire.Bytes:
                    // A time that cannot be read must not become "valid for ever".
                    validUntil = Moment(ref reader);
                    break;
                case (7 << 3) | Wire.Bytes:
                    refund = ReadRefund(reader.Bytes());
                    break;
                case (8 << 3) | Wire.Bytes:
                    trace = reader.Text();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return orderId is { } order && version > 0 && kind.Length > 0 && decidedAt is { } at
            ? new Decision(order, version, kind, reason, at, validUntil, refund, trace)
            : throw new ProtobufException("A decision lacks its order, its version, its kind or its time.");
    }

    internal static void Write(ProtobufWriter writer, Decision decision)
    {
        writer.Text(1, decision.OrderId.Value);
        writer.Number(2, decision.Version);
        writer.Text(3, decision.Kind);
        writer.Text(4, decision.Reason);
        Timestamps.Write(writer, 5, decision.DecidedAt);
        Timestamps.Write(writer, 6, decision.ValidUntil);
        if (decision.Refund is { } refund)
        {
            var start = writer.Begin(7);
            WriteRefund(writer, refund);
            writer.End(start);
        }

        writer.Text(8, decision.Trace);
    }

    private static DateTimeOffset Moment(ref ProtobufReader reader) => Timestamps.Read(reader.Bytes()) ?? throw new ProtobufException("A time is out of range.");

    /// <summary>The message <c>RefundOrder</c>, which the embedded store keeps in its orders too.</summary>
    internal static void WriteRefund(ProtobufWriter writer, RefundOrder refund)
    {
        writer.Text(1, refund.RefundId);
        writer.Text(2, refund.PaymentId.Value);
        writer.Number(3, refund.Amount);
        writer.Text(4, refund.Currency.Value);
    }

    /// <inheritdoc cref="WriteRefund"/>
    internal static RefundOrder ReadRefund(ReadOnlySpan<byte> message)
    {
        string? refundId = null;
        PaymentId? paymentId = null;
        Currency? currency = null;
        var amount = 0L;
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Bytes:
                    refundId = reader.Text();
                    break;
                case (2 << 3) | Wire.Bytes:
                    paymentId = reader.Identifier<PaymentId>();
                    break;
                case (3 << 3) | Wire.Varint:
                    amount = (long)reader.Varint();
                    break;
                case (4 << 3) | Wire.Bytes:
                    currency = reader.Identifier<Currency>();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return refundId is not null && paymentId is { } payment && currency is { } of
            ? new RefundOrder(refundId, payment, amount, of)
            : throw new ProtobufException("A refund lacks its id, its payment or its currency.");
    }
}
