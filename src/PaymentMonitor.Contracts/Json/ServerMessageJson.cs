using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>
/// JSON of what the back end says to a machine, the same as <see cref="WireJson"/> makes of it. Receipts and decisions are written by
/// hand: every event has one or two of them.
/// </summary>
internal static class ServerMessageJson
{
    internal static byte[] ToBytes(ServerMessage message) => JsonScratch.ToBytes(message, Write);

    private static void Write(Utf8JsonWriter writer, ServerMessage message)
    {
        switch (message)
        {
            case Receipt receipt:
                Write(writer, receipt);
                break;
            case Decision decision:
                Write(writer, decision);
                break;
            default:
                JsonSerializer.Serialize(writer, message, WireJson.Default.ServerMessage);
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, Receipt receipt)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "receipt"u8);
        writer.WriteString("id"u8, receipt.Id);
        writer.WriteString("status"u8, receipt.Status switch
        {
            ReceiptStatus.Accepted => "accepted"u8,
            ReceiptStatus.Rejected => "rejected"u8,
            _ => "retry"u8,
        });
        if (receipt.Error is { } error)
        {
            writer.WriteStartObject("error"u8);
            writer.WriteString("name"u8, error.Name);
            writer.WriteString("message"u8, error.Message);
            writer.WriteEndObject();
        }

        if (receipt.RetryAfterMs is { } delay)
        {
            writer.WriteNumber("retryAfterMs"u8, delay);
        }

        WriteOptional(writer, "serverTime"u8, receipt.ServerTime);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Decision decision)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "decision"u8);
        writer.WriteString("orderId"u8, decision.OrderId.Value);
        writer.WriteNumber("version"u8, decision.Version);
        writer.WriteString("kind"u8, decision.Kind);
        writer.WriteString("reason"u8, decision.Reason);
        writer.WriteString("decidedAt"u8, decision.DecidedAt);
        WriteOptional(writer, "validUntil"u8, decision.ValidUntil);
        if (decision.Refund is { } refund)
        {
            writer.WriteStartObject("refund"u8);
            writer.WriteString("refundId"u8, refund.RefundId);
            writer.WriteString("paymentId"u8, refund.PaymentId.Value);
            writer.WriteNumber("amount"u8, refund.Amount);
            writer.WriteString("currency"u8, refund.Currency.Value);
            writer.WriteEndObject();
        }

        if (decision.Trace is { } trace)
        {
            writer.WriteString("trace"u8, trace);
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            writer.WriteString(name, value);
        }
    }
}
