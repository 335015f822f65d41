using System.Buffers;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// What an endpoint is told: <c>{type, timestamp, data}</c>. A notice has the same body at every attempt, because it is made only of
/// what was known when the notice was written.
/// </summary>
public static class WebhookBody
{
    /// <summary>The header <c>webhook-id</c>: the receiver's idempotency key, the same for every attempt and every endpoint.</summary>
    public static string Id(OrderKey order, int notice) => $"{order}/{notice}";

    public static byte[] Of(Order order, Notice notice)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(notice);
        var version = Version(order, notice);
        return Write(notice.Type, notice.Time, data =>
        {
            data.WriteString("machineId"u8, order.MachineId.Value);
            data.WriteString("orderId"u8, order.OrderId.Value);
            data.WriteNumber("notice"u8, notice.N);
            data.WriteNumber("version"u8, version);
            WriteTerms(data, order, notice);
            if (notice.Payment is { } payment)
            {
                data.WriteString("paymentId"u8, payment.Value);
            }

            if (WebhookTypes.IsDecision(notice.Type))
            {
                WriteDecision(data, order.Decisions[version - 1]);
            }

            if (notice.Type == NoticeTypes.OrderResolved)
            {
                WriteResolution(data, order, notice);
            }
        });
    }

    public static byte[] Test(string endpointId, DateTimeOffset now) =>
        Write(WebhookTypes.Test, now, data => data.WriteString("endpointId"u8, endpointId));

    private static byte[] Write(string type, DateTimeOffset timestamp, Action<Utf8JsonWriter> writeData)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WriteString("timestamp"u8, timestamp.UtcDateTime);
            writer.WriteStartObject("data"u8);
            writeData(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    // Each decision is told by one notice, in order, so counting them gives the version as it was then.
    private static int Version(Order order, Notice notice)
    {
        var version = 0;
        foreach (var told in order.Notices.AsSpan()[..notice.N])
        {
            version += WebhookTypes.IsDecision(told.Type) ? 1 : 0;
        }

        return version;
    }

    private static void WriteTerms(Utf8JsonWriter data, Order order, Notice notice)
    {
        foreach (var envelope in order.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.Created terms && envelope.ReceivedAt <= notice.Time)
            {
                data.WriteNumber("amount"u8, terms.Amount);
                data.WriteString("currency"u8, terms.Currency.ToString());
                data.WriteString("channel"u8, terms.Channel.Value);
                if (terms.PaymentRef is { } reference)
                {
                    data.WriteString("paymentRef"u8, reference.Value);
                }

                return;
            }
        }
    }

    private static void WriteDecision(Utf8JsonWriter data, Decision decision)
    {
        data.WriteString("reason"u8, decision.Reason);
        if (decision.ValidUntil is { } until)
        {
            data.WriteString("validUntil"u8, until.UtcDateTime);
        }

        if (decision.Refund is { } refund)
        {
            data.WriteStartObject("refund"u8);
            data.WriteString("refundId"u8, refund.RefundId);
            data.WriteString("paymentId"u8, refund.PaymentId.Value);
            data.WriteNumber("amount"u8, refund.Amount);
            data.WriteString("currency"u8, refund.Currency.ToString());
            data.WriteEndObject();
        }
    }

    private static void WriteResolution(Utf8JsonWriter data, Order order, Notice notice)
    {
        foreach (var envelope in order.Envelopes)
        {
            if (envelope.Event.Body is OrderEvent.Resolved resolved && envelope.ReceivedAt == notice.Time)
            {
                data.WriteString("outcome"u8, resolved.Outcome);
                data.WriteString("reason"u8, resolved.Reason);
                return;
            }
        }
    }
}
