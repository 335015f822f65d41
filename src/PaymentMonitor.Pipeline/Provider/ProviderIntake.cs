using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Takes in what the payment provider reports, once its signature has proven that it is the provider. The callback names the
/// payment reference; the order that bound it first is the one it is about.
/// </summary>
public sealed class ProviderIntake(WebhookSecret secret, IEventLog log, IPaymentReferences references, TimeProvider time, IMeterFactory meters)
{
    private readonly Counter<long> _callbacks =
        meters.Create(Telemetry.Meter).CreateCounter<long>(Telemetry.ProviderCallbacks, "{callback}", "Callbacks of the payment provider by outcome.");

    /// <param name="id">The header <c>webhook-id</c>: the idempotency key.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>.</param>
    public async ValueTask<ProviderAnswer> AcceptAsync(string id, string timestamp, string signatures, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = secret.Verify(id, timestamp, signatures, body.Span, time.GetUtcNow())
            ? await JudgeAsync(id, body, cancellationToken)
            : Refused("wrong-signature", "The signature is wrong, or its timestamp is more than five minutes off.");
        _callbacks.Add(1, new KeyValuePair<string, object?>("outcome", answer.Error?.Name ?? "accepted"));
        return answer;
    }

    private async ValueTask<ProviderAnswer> JudgeAsync(string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!EventId.TryParse("provider/" + id, out var eventId))
        {
            return Refused("invalid-id", $"The webhook-id must be {EventId.Rule}.");
        }

        if (Parse(body.Span) is not { } callback)
        {
            return Refused("malformed", "The body is not {\"type\",\"timestamp\",\"data\":{\"paymentRef\",...}}.");
        }

        if (!PaymentReference.TryParse(Text(callback.Data, "paymentRef"), out var reference))
        {
            return Refused("missing-field", $"The field 'data.paymentRef' must be {PaymentReference.Rule}.");
        }

        if (!EventJson.TryReadData(callback.Type, JsonMarshal.GetRawUtf8Value(callback.Data), out var reported, out var error))
        {
            return new ProviderAnswer(error);
        }

        if (await references.FindAsync(reference, cancellationToken) is not { } order)
        {
            return Refused("unknown-reference", $"No order has named the payment reference '{reference}' yet; deliver again later.");
        }

        var happened = Text(callback.Data, "time") is not null && callback.Data.GetProperty("time").TryGetDateTimeOffset(out var at) ? at.ToUniversalTime() : callback.Timestamp.ToUniversalTime();
        var fact = new ReportedEvent(eventId, order.OrderId, reported, happened);
        try
        {
            await log.AppendAsync(new Report(order.MachineId, EventSource.Provider, fact, EventJson.ToBytes(fact)), cancellationToken);
            return new ProviderAnswer(null);
        }
        catch (LogUnavailableException e)
        {
            return new ProviderAnswer(new NamedError("unavailable", e.Message), e.RetryAfter);
        }
    }

    private static ProviderCallback? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var callback = JsonSerializer.Deserialize(body, ProviderJson.Default.ProviderCallback);
            return callback?.Data.ValueKind == JsonValueKind.Object ? callback : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement data, string name)
    {
        return data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static ProviderAnswer Refused(string name, string message) => new(new NamedError(name, message));
}

/// <param name="Error">Null: the report is durable.</param>
/// <param name="RetryAfter">Set where the same callback may succeed later.</param>
public sealed record ProviderAnswer(NamedError? Error, TimeSpan? RetryAfter = null);
