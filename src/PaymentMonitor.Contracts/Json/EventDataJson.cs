using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>JSON of what an event says: the object under <c>data</c>, whose fields depend on the event's type.</summary>
internal static class EventDataJson
{
    internal static OrderEvent Read(string type, ReadOnlySpan<byte> json)
    {
        var fields = default(EventDataFields);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref reader, ref fields);
        }

        return fields.ToBody(type);
    }

    internal static void Write(Utf8JsonWriter writer, OrderEvent body)
    {
        switch (body)
        {
            case OrderEvent.Created e:
                writer.WriteNumber("amount"u8, e.Amount);
                writer.WriteString("currency"u8, e.Currency.Value);
                writer.WriteString("channel"u8, e.Channel.Value);
                writer.WriteNumber("expiresIn"u8, e.ExpiresInSeconds);
                Optional(writer, "paymentRef"u8, e.PaymentRef?.Value);
                Optional(writer, "couponCode"u8, e.CouponCode);
                break;
            case OrderEvent.PaymentSucceeded e:
                writer.WriteString("paymentId"u8, e.PaymentId.Value);
                writer.WriteNumber("amount"u8, e.Amount);
                Optional(writer, "currency"u8, e.Currency?.Value);
                break;
            case OrderEvent.PaymentFailed e:
                writer.WriteString("reason"u8, e.Reason);
                break;
            case OrderEvent.PaymentChecked e:
                writer.WriteString("result"u8, e.Result);
                break;
            case OrderEvent.ShipmentFailed e:
                writer.WriteString("reason"u8, e.Reason);
                break;
            case OrderEvent.RefundCompleted e:
                writer.WriteString("paymentId"u8, e.PaymentId.Value);
                Optional(writer, "by"u8, e.By);
                break;
            case OrderEvent.RefundFailed e:
                writer.WriteString("paymentId"u8, e.PaymentId.Value);
                writer.WriteString("reason"u8, e.Reason);
                Optional(writer, "by"u8, e.By);
                break;
            case OrderEvent.Assessed e:
                writer.WriteString("verdict"u8, e.Verdict);
                writer.WriteString("by"u8, e.By);
                break;
            case OrderEvent.AskedLate e:
                writer.WriteString("what"u8, e.What);
                break;
            case OrderEvent.TimedOut e:
                writer.WriteString("what"u8, e.What);
                break;
            case OrderEvent.Resolved e:
                writer.WriteString("outcome"u8, e.Outcome);
                writer.WriteString("by"u8, e.By);
                writer.WriteString("reason"u8, e.Reason);
                break;
            case OrderEvent.DecisionsLost e:
                writer.WriteNumber("version"u8, e.Version);
                break;
            case OrderEvent.Cancelled or OrderEvent.PaymentStarted or OrderEvent.ShipmentCompleted or OrderEvent.Due:
                break;
            default:
                throw new NotSupportedException($"No JSON is known for {body.Type}.");
        }
    }

    private static void Optional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, ref EventDataFields fields)
    {
        if (reader.ValueTextEquals("amount"u8))
        {
            fields.Amount = Field.Amount(ref reader);
        }
        else if (reader.ValueTextEquals("expiresIn"u8))
        {
            fields.ExpiresIn = Field.OptionalCount(ref reader, "data.expiresIn");
        }
        else if (reader.ValueTextEquals("currency"u8))
        {
            fields.Currency = Field.Word(ref reader, "data.currency", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("channel"u8))
        {
            fields.Channel = Field.Word(ref reader, "data.channel", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("paymentRef"u8))
        {
            fields.PaymentRef = Field.Text(ref reader, "data.paymentRef", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("paymentId"u8))
        {
            fields.PaymentId = Field.Text(ref reader, "data.paymentId", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("couponCode"u8))
        {
            fields.CouponCode = Field.Text(ref reader, "data.couponCode", EventDataFields.MaxCouponCode);
        }
        else
        {
            ReadWords(ref reader, ref fields);
        }
    }

    private static void ReadWords(ref Utf8JsonReader reader, ref EventDataFields fields)
    {
        if (reader.ValueTextEquals("reason"u8))
        {
            fields.Reason = Field.Word(ref reader, "data.reason", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("result"u8))
        {
            fields.Result = Field.Word(ref reader, "data.result", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("verdict"u8))
        {
            fields.Verdict = Field.Word(ref reader, "data.verdict", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("by"u8))
        {
            fields.By = Field.Word(ref reader, "data.by", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("what"u8))
        {
            fields.What = Field.Word(ref reader, "data.what", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("outcome"u8))
        {
            fields.Outcome = Field.Word(ref reader, "data.outcome", EventDataFields.MaxText);
        }
        else if (reader.ValueTextEquals("version"u8))
        {
            fields.Version = Field.OptionalCount(ref reader, "data.version");
        }
        else
        {
            reader.Skip();
        }
    }
}
