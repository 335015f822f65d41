using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>JSON of what an event says: the object under <c>data</c>, whose fields depend on the event's type.</summary>
internal static class EventDataJson
{
    private const int MaxText = 256;

    internal static OrderEvent Read(string type, ReadOnlySpan<byte> json)
    {
        var data = new DataFields();
        data.Read(json);
        return type switch
        {
            EventTypes.OrderCreated => Created(data),
            EventTypes.OrderCancelled => new OrderEvent.Cancelled(),
            EventTypes.PaymentStarted => new OrderEvent.PaymentStarted(),
            EventTypes.PaymentSucceeded => new OrderEvent.PaymentSucceeded(data.Payment(), data.Amount ?? throw Field.Missing("data.amount"), data.OptionalCurrency()),
            EventTypes.PaymentFailed => new OrderEvent.PaymentFailed(data.Reason ?? ""),
            EventTypes.PaymentChecked => new OrderEvent.PaymentChecked(data.Result ?? throw Field.Missing("data.result")),
            EventTypes.ShipmentCompleted => new OrderEvent.ShipmentCompleted(),
            EventTypes.ShipmentFailed => new OrderEvent.ShipmentFailed(data.Reason ?? ""),
            EventTypes.RefundCompleted => new OrderEvent.RefundCompleted(data.Payment()),
            EventTypes.RefundFailed => new OrderEvent.RefundFailed(data.Payment(), data.Reason ?? ""),
            EventTypes.OrderAssessed => new OrderEvent.Assessed(data.Verdict ?? throw Field.Missing("data.verdict"), data.By ?? ""),
            EventTypes.OrderTimedOut => new OrderEvent.TimedOut(data.What ?? throw Field.Missing("data.what")),
            EventTypes.OrderDue => new OrderEvent.Due(),
            EventTypes.OrderResolved => new OrderEvent.Resolved(data.Outcome ?? throw Field.Missing("data.outcome"), data.By ?? "", data.Reason ?? ""),
            _ => throw new EventRefusedException("unknown-type", "The event's type is none that is known."),
        };
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
                break;
            case OrderEvent.RefundFailed e:
                writer.WriteString("paymentId"u8, e.PaymentId.Value);
                writer.WriteString("reason"u8, e.Reason);
                break;
            case OrderEvent.Assessed e:
                writer.WriteString("verdict"u8, e.Verdict);
                writer.WriteString("by"u8, e.By);
                break;
            case OrderEvent.TimedOut e:
                writer.WriteString("what"u8, e.What);
                break;
            case OrderEvent.Resolved e:
                writer.WriteString("outcome"u8, e.Outcome);
                writer.WriteString("by"u8, e.By);
                writer.WriteString("reason"u8, e.Reason);
                break;
            case OrderEvent.Cancelled or OrderEvent.PaymentStarted or OrderEvent.ShipmentCompleted or OrderEvent.Due:
                break;
            default:
                throw new NotSupportedException($"No JSON is known for {body.Type}.");
        }
    }

    private static OrderEvent.Created Created(in DataFields data)
    {
        return new OrderEvent.Created(
            data.Amount ?? throw Field.Missing("data.amount"),
            data.OptionalCurrency() ?? throw Field.Missing("data.currency"),
            Field.Identifier<Channel>(data.Channel, "data.channel"),
            data.ExpiresIn is { } seconds
                ? seconds is >= 1 and <= OrderEvent.Created.MaxExpiresInSeconds
                    ? (int)seconds
                    : throw Field.Invalid("data.expiresIn", $"1 to {OrderEvent.Created.MaxExpiresInSeconds} seconds")
                : throw Field.Missing("data.expiresIn"),
            data.PaymentRef is { } reference ? Field.Identifier<PaymentReference>(reference, "data.paymentRef") : null,
            data.CouponCode);
    }

    private static void Optional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private ref struct DataFields
    {
        internal long? Amount;
        internal long? ExpiresIn;
        internal string? Channel;
        internal string? PaymentRef;
        internal string? CouponCode;
        internal string? Reason;
        internal string? Result;
        internal string? Verdict;
        internal string? By;
        internal string? What;
        internal string? Outcome;
        private string? _paymentId;
        private string? _currency;

        internal readonly PaymentId Payment() => Field.Identifier<PaymentId>(_paymentId, "data.paymentId");

        internal readonly Currency? OptionalCurrency() => _currency is null ? null : Field.Identifier<Currency>(_currency, "data.currency");

        internal void Read(ReadOnlySpan<byte> json)
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadField(ref reader);
            }
        }

        private void ReadField(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("amount"u8))
            {
                Amount = Field.Amount(ref reader);
            }
            else if (reader.ValueTextEquals("expiresIn"u8))
            {
                ExpiresIn = Field.OptionalCount(ref reader, "data.expiresIn");
            }
            else if (reader.ValueTextEquals("currency"u8))
            {
                _currency = Field.Text(ref reader, "data.currency", MaxText);
            }
            else if (reader.ValueTextEquals("channel"u8))
            {
                Channel = Field.Text(ref reader, "data.channel", MaxText);
            }
            else if (reader.ValueTextEquals("paymentRef"u8))
            {
                PaymentRef = Field.Text(ref reader, "data.paymentRef", MaxText);
            }
            else if (reader.ValueTextEquals("paymentId"u8))
            {
                _paymentId = Field.Text(ref reader, "data.paymentId", MaxText);
            }
            else if (reader.ValueTextEquals("couponCode"u8))
            {
                CouponCode = Field.Text(ref reader, "data.couponCode", 64);
            }
            else
            {
                ReadWords(ref reader);
            }
        }

        private void ReadWords(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("reason"u8))
            {
                Reason = Field.Text(ref reader, "data.reason", MaxText);
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                Result = Field.Text(ref reader, "data.result", MaxText);
            }
            else if (reader.ValueTextEquals("verdict"u8))
            {
                Verdict = Field.Text(ref reader, "data.verdict", MaxText);
            }
            else if (reader.ValueTextEquals("by"u8))
            {
                By = Field.Text(ref reader, "data.by", MaxText);
            }
            else if (reader.ValueTextEquals("what"u8))
            {
                What = Field.Text(ref reader, "data.what", MaxText);
            }
            else if (reader.ValueTextEquals("outcome"u8))
            {
                Outcome = Field.Text(ref reader, "data.outcome", MaxText);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
