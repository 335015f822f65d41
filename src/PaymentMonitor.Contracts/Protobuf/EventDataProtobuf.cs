namespace PaymentMonitor.Contracts;

/// <summary>Protocol Buffers of what an event says: the message <c>EventData</c>.</summary>
internal static class EventDataProtobuf
{
    internal static void Read(ReadOnlySpan<byte> message, ref EventDataFields fields)
    {
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | Wire.Varint:
                    fields.Amount = Field.CheckAmount((long)reader.Varint());
                    break;
                case (2 << 3) | Wire.Bytes:
                    fields.Currency = Word(ref reader, "data.currency");
                    break;
                case (3 << 3) | Wire.Bytes:
                    fields.Channel = Word(ref reader, "data.channel");
                    break;
                case (4 << 3) | Wire.Varint:
                    fields.ExpiresIn = EventProtobuf.Count(ref reader, "data.expiresIn");
                    break;
                case (5 << 3) | Wire.Bytes:
                    fields.PaymentRef = Text(ref reader, "data.paymentRef");
                    break;
                case (6 << 3) | Wire.Bytes:
                    fields.PaymentId = Text(ref reader, "data.paymentId");
                    break;
                case (7 << 3) | Wire.Bytes:
                    fields.CouponCode = EventProtobuf.Text(ref reader, "data.couponCode", EventDataFields.MaxCouponCode);
                    break;
                default:
                    ReadWords(ref reader, tag, ref fields);
                    break;
            }
        }
    }

    internal static void Write(ProtobufWriter writer, OrderEvent body)
    {
        switch (body)
        {
            case OrderEvent.Created e:
                writer.Number(1, e.Amount);
                writer.Text(2, e.Currency.Value);
                writer.Text(3, e.Channel.Value);
                writer.Number(4, e.ExpiresInSeconds);
                writer.Text(5, e.PaymentRef?.Value);
                writer.Text(7, e.CouponCode);
                break;
            case OrderEvent.PaymentSucceeded e:
                writer.Number(1, e.Amount);
                writer.Text(2, e.Currency?.Value);
                writer.Text(6, e.PaymentId.Value);
                break;
            case OrderEvent.PaymentFailed e:
                writer.Text(8, e.Reason);
                break;
            case OrderEvent.PaymentChecked e:
                writer.Text(9, e.Result);
                break;
            case OrderEvent.ShipmentFailed e:
                writer.Text(8, e.Reason);
                break;
            case OrderEvent.RefundCompleted e:
                writer.Text(6, e.PaymentId.Value);
                writer.Text(11, e.By);
                break;
            case OrderEvent.RefundFailed e:
                writer.Text(6, e.PaymentId.Value);
                writer.Text(8, e.Reason);
                writer.Text(11, e.By);
                break;
            case OrderEvent.Assessed e:
                writer.Text(10, e.Verdict);
                writer.Text(11, e.By);
                break;
            case OrderEvent.AskedLate e:
                writer.Text(12, e.What);
                break;
            case OrderEvent.TimedOut e:
                writer.Text(12, e.What);
                break;
            case OrderEvent.Resolved e:
                writer.Text(8, e.Reason);
                writer.Text(11, e.By);
                writer.Text(13, e.Outcome);
                break;
            case OrderEvent.DecisionsLost e:
                writer.Number(14, e.Version);
                break;
            case OrderEvent.Cancelled or OrderEvent.PaymentStarted or OrderEvent.ShipmentCompleted or OrderEvent.Due:
                break;
            default:
                throw new NotSupportedException($"No Protocol Buffers form is known for {body.Type}.");
        }
    }

    private static void ReadWords(ref ProtobufReader reader, uint tag, ref EventDataFields fields)
    {
        switch (tag)
        {
            case (8 << 3) | Wire.Bytes:
                fields.Reason = Word(ref reader, "data.reason");
                break;
            case (9 << 3) | Wire.Bytes:
                fields.Result = Word(ref reader, "data.result");
                break;
            case (10 << 3) | Wire.Bytes:
                fields.Verdict = Word(ref reader, "data.verdict");
                break;
            case (11 << 3) | Wire.Bytes:
                fields.By = Word(ref reader, "data.by");
                break;
            case (12 << 3) | Wire.Bytes:
                fields.What = Word(ref reader, "data.what");
                break;
            case (13 << 3) | Wire.Bytes:
                fields.Outcome = Word(ref reader, "data.outcome");
                break;
            case (14 << 3) | Wire.Varint:
                fields.Version = EventProtobuf.Count(ref reader, "data.version");
                break;
            default:
                reader.Skip(tag);
                break;
        }
    }

    private static string Text(ref ProtobufReader reader, string name) => EventProtobuf.Text(ref reader, name, EventDataFields.MaxText);

    private static string Word(ref ProtobufReader reader, string name) => EventProtobuf.Word(ref reader, name, EventDataFields.MaxText);
}
