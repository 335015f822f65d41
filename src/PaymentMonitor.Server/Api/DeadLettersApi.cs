using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>Events that were taken in and could not count: why, and what they said.</summary>
internal static class DeadLettersApi
{
    internal static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/dead-letters", List)
            .RequireAuthorization(Roles.Reader)
            .WithTags("Dead letters")
            .WithSummary("Events set aside, oldest first, a page at a time.");
    }

    private static Results<Ok<DeadLetterPageView>, ProblemHttpResult> List(DateTimeOffset? from, int? limit, string? continuation, EmbeddedStore store)
    {
        if (limit is < 1 or > 1_000)
        {
            return Problems.Invalid(nameof(limit), "1 to 1,000");
        }

        if (!long.TryParse(continuation ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var after))
        {
            return Problems.Invalid(nameof(continuation), "the token of the page before, unchanged");
        }

        var size = limit ?? 100;
        var letters = store.DeadLetters.List(after, size);
        return TypedResults.Ok(new DeadLetterPageView(
            [.. letters.Where(letter => from is null || letter.Time >= from).Select(DeadLetterView.Of)],
            letters.Count == size ? letters[^1].Id.ToString(CultureInfo.InvariantCulture) : null));
    }
}

/// <param name="EventId">Null where the event could not be read.</param>
/// <param name="Position">Its place in the log.</param>
/// <param name="Event">As it was sent.</param>
internal sealed record DeadLetterView(
    long Id, DateTimeOffset Time, string Reason, long Position, string MachineId, EventSource Source, string? EventId, string? OrderId, JsonElement Event)
{
    internal static DeadLetterView Of(DeadLetter letter)
    {
        var isRead = EventJson.TryRead(Encoding.UTF8.GetBytes(letter.Event), out var reported, out var refusal);
        return new DeadLetterView(
            letter.Id,
            letter.Time,
            letter.Reason,
            letter.Position,
            letter.MachineId.Value,
            letter.Source,
            isRead ? reported!.Id.Value : refusal!.Id,
            reported?.OrderId.Value,
            JsonElement.Parse(letter.Event));
    }
}

internal sealed record DeadLetterPageView(IReadOnlyList<DeadLetterView> Items, string? Continuation);
