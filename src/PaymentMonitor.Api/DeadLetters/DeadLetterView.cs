using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>A dead letter as the API shows it.</summary>
/// <param name="Message">What it means and what may be done.</param>
/// <param name="Position">Its place in the log, or the id of the callback.</param>
/// <param name="EventId">Null where the event cannot be read.</param>
/// <param name="Replays">How often the event was put back before, and came here again.</param>
/// <param name="Event">As it was sent; null where that is no JSON.</param>
/// <param name="Bytes">As it was sent, in base64; null where <paramref name="Event"/> shows it.</param>
internal sealed record DeadLetterView(
    string Id,
    DateTimeOffset Time,
    string Reason,
    string Message,
    string Position,
    string? MachineId,
    EventSource? Source,
    DateTimeOffset? ReceivedAt,
    string? EventId,
    string? OrderId,
    int Replays,
    DateTimeOffset? ReplayedAt,
    string? ReplayedBy,
    JsonElement? Event,
    string? Bytes)
{
    internal static DeadLetterView Of(KeptDeadLetter kept)
    {
        var letter = kept.Letter;
        var isRead = EventJson.TryRead(letter.Body.Span, out var reported, out var refusal);
        var json = Json(letter.Body);
        return new DeadLetterView(
            kept.Id,
            kept.SetAsideAt,
            letter.Reason,
            letter.Message ?? DeadLetterReasons.Explain(letter.Reason),
            letter.Position,
            letter.MachineId?.Value,
            letter.Source,
            letter.ReceivedAt,
            isRead ? reported!.Id.Value : refusal!.Id,
            (letter.OrderId ?? reported?.OrderId)?.Value,
            letter.Replays,
            kept.Replayed?.At,
            kept.Replayed?.By,
            json,
            json is null ? Convert.ToBase64String(letter.Body.Span) : null);
    }

    private static JsonElement? Json(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record DeadLetterPageView(IReadOnlyList<DeadLetterView> Items, string? Continuation);

/// <summary>What became of one page of a replay.</summary>
/// <param name="Replayed">How many are in the log again.</param>
/// <param name="Continuation">Null: there is no further page.</param>
internal sealed record ReplayView(int Replayed, IReadOnlyList<ReplayRefusalView> Refused, string? Continuation)
{
    internal static ReplayView Of(ReplayedPage page) => new(
        page.Answers.Count(answer => answer.Error is null),
        [.. page.Answers.Where(answer => answer.Error is not null).Select(answer => new ReplayRefusalView(answer.Id, answer.Error!.Name, answer.Error.Message))],
        page.Continuation);
}

internal sealed record ReplayRefusalView(string Id, string Name, string Message);
