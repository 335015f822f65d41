using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Takes in what the payment provider reports, once its signature has proven that it is the provider. The callback names the
/// payment reference; the order that bound it first is the one it is about. Where no order has named it yet, the callback is parked
/// and tried again until the hold is over, and then set aside for a person.
/// </summary>
public sealed class ProviderIntake(
    WebhookSecret secret, IEventLog log, IPaymentReferences references, IParkedCallbacks parked, IDeadLetters deadLetters, OrderOptions options, TimeProvider time, IMeterFactory meters)
{
    private const int ParkedPage = 500;
    private const string EventPrefix = "provider/";

    private readonly Counter<long> _callbacks =
        meters.Create(Telemetry.Meter).CreateCounter<long>(Telemetry.ProviderCallbacks, "{callback}", "Callbacks of the payment provider by outcome.");

    /// <param name="id">The header <c>webhook-id</c>: the idempotency key.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>.</param>
    public async ValueTask<ProviderAnswer> AcceptAsync(string id, string timestamp, string signatures, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = secret.Verify(id, timestamp, signatures, body.Span, time.GetUtcNow())
            ? await TakeAsync(id, body, cancellationToken)
            : Refused("wrong-signature", "The signature is wrong, or its timestamp is more than five minutes off.");
        _callbacks.Add(1, new KeyValuePair<string, object?>("outcome", answer.IsParked ? "parked" : answer.Error?.Name ?? "accepted"));
        return answer;
    }

    /// <summary>Tries again what is parked. What no order has named by the end of the hold becomes a dead letter.</summary>
    /// <exception cref="LogUnavailableException">What is parked stays so.</exception>
    public async Task RetryParkedAsync(CancellationToken cancellationToken)
    {
        foreach (var callback in await parked.ListAsync(ParkedPage, cancellationToken))
        {
            var answer = await JudgeAsync(callback.Id, callback.Body, cancellationToken);
            if (answer.RetryAfter is not null)
            {
                return;
            }

            if (answer.Error is not null)
            {
                if (time.GetUtcNow() < callback.ParkedAt + options.UnknownOrderHold)
                {
                    continue;
                }

                var letter = new DeadLetter(
                    EventPrefix + callback.Id, DeadLetterReasons.UnknownReference, callback.Body, Source: EventSource.Provider, ReceivedAt: callback.ParkedAt);
                await deadLetters.SetAsideAsync(letter, cancellationToken);
            }

            // A crash before this has it tried once more, under the same event id.
            await parked.RemoveAsync(callback.Id, cancellationToken);
        }
    }

    /// <summary>Takes in a callback that was set aside, once more.</summary>
    /// <param name="position">The letter's <see cref="DeadLetter.Position"/>.</param>
    internal ValueTask<ProviderAnswer> ReplayAsync(string position, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        JudgeAsync(position[EventPrefix.Length..], body, cancellationToken);

    private async ValueTask<ProviderAnswer> TakeAsync(string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = await JudgeAsync(id, body, cancellationToken);
        if (answer.Unbound is not { } reference)
        {
            return answer;
        }

        try
        {
            await parked.ParkAsync(new ParkedCallback(id, reference, time.GetUtcNow(), body), cancellationToken);
            return new ProviderAnswer(null) { IsParked = true };
        }
        catch (LogUnavailableException e)
        {
            return Unavailable(e);
        }
    }

    private async ValueTask<ProviderAnswer> JudgeAsync(string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!EventId.TryParse(EventPrefix + id, out var eventId))
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
            return Refused(DeadLetterReasons.UnknownReference, $"No order has named the payment reference '{reference}' yet.") with { Unbound = reference };
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
            return Unavailable(e);
        }
    }

    private static ProviderAnswer Unavailable(LogUnavailableException e) => new(new NamedError("unavailable", e.Message), e.RetryAfter);

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
public sealed record ProviderAnswer(NamedError? Error, TimeSpan? RetryAfter = null)
{
    /// <summary>It is durable, and waits for an order to name its payment reference.</summary>
    public bool IsParked { get; init; }

    /// <summary>The payment reference that no order has named.</summary>
    internal PaymentReference? Unbound { get; init; }
}
