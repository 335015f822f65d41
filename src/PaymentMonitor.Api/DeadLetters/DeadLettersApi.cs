using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>Events that were taken in and could not count: why, what they said, and the way back into the log.</summary>
internal static class DeadLettersApi
{
    internal static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/api/dead-letters").WithTags("Dead letters");
        letters.MapGet("/", ListAsync).RequireAuthorization(Roles.Reader).WithSummary("Events set aside that match every given condition, a page at a time.");
        letters.MapGet("/{id}", ReadAsync).RequireAuthorization(Roles.Reader).WithSummary("One event that was set aside.");
        letters.MapPost("/{id}/replay", ReplayAsync).RequireAuthorization(Roles.Operator)
            .WithSummary("Puts one event back into the log, under its own id.");
        letters.MapPost("/replay", ReplayAllAsync).RequireAuthorization(Roles.Operator)
            .WithSummary("Puts back what matches and was not put back before, a page at a time: call again with the continuation until there is none.");
    }

    private static async Task<Results<Ok<DeadLetterPageView>, ProblemHttpResult>> ListAsync(
        [AsParameters] DeadLetterListParameters parameters, IDeadLetters letters, CancellationToken cancellationToken)
    {
        if (parameters.Selection.Refusal(out var query) is { } problem)
        {
            return problem;
        }

        try
        {
            var page = await letters.ListAsync(query, cancellationToken);
            return TypedResults.Ok(new DeadLetterPageView([.. page.Letters.Select(DeadLetterView.Of)], page.Continuation));
        }
        catch (FormatException)
        {
            return WrongContinuation();
        }
    }

    private static async Task<Results<Ok<DeadLetterView>, ProblemHttpResult>> ReadAsync(string id, IDeadLetters letters, CancellationToken cancellationToken)
    {
        return await letters.FindAsync(id, cancellationToken) is { } letter
            ? TypedResults.Ok(DeadLetterView.Of(letter))
            : Problems.Of(StatusCodes.Status404NotFound, "unknown-dead-letter", $"There is no dead letter '{id}'.");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ReplayAsync(
        string id, HttpContext context, DeadLetterReplay replay, CancellationToken cancellationToken)
    {
        var answer = await replay.ReplayAsync(id, Caller.Name(context), cancellationToken);
        return answer.Error switch
        {
            null => TypedResults.NoContent(),
            { Name: "unknown-dead-letter" } error => Problems.Of(StatusCodes.Status404NotFound, error),
            { Name: "unavailable" } error => Problems.Of(StatusCodes.Status503ServiceUnavailable, error),
            var error => Problems.Of(StatusCodes.Status409Conflict, error),
        };
    }

    private static async Task<Results<Ok<ReplayView>, ProblemHttpResult>> ReplayAllAsync(
        DeadLetterSelection selection, HttpContext context, DeadLetterReplay replay, CancellationToken cancellationToken)
    {
        if (selection.Refusal(out var query) is { } problem)
        {
            return problem;
        }

        try
        {
            return TypedResults.Ok(ReplayView.Of(await replay.ReplayAsync(query, Caller.Name(context), cancellationToken)));
        }
        catch (FormatException)
        {
            return WrongContinuation();
        }
    }

    private static ProblemHttpResult WrongContinuation() => Problems.Invalid("continuation", "the token of the page before, unchanged");
}

internal sealed record DeadLetterListParameters(
    string? Reason,
    string? MachineId,
    [property: Description("Set aside at or after this moment.")] DateTimeOffset? From,
    [property: Description("Set aside before this moment.")] DateTimeOffset? To,
    [property: Description("true: only those put back; false: only the others; both unless given.")] bool? Replayed,
    [property: Description("1 to 1,000; 100 unless given.")] int? Limit,
    string? Continuation)
{
    internal DeadLetterSelection Selection => new(Reason, MachineId, From, To, Replayed, Limit, Continuation);
}

/// <summary>Which dead letters are meant: those that match every given condition.</summary>
internal sealed record DeadLetterSelection(
    string? Reason = null, string? MachineId = null, DateTimeOffset? From = null, DateTimeOffset? To = null, bool? Replayed = null, int? Limit = null, string? Continuation = null)
{
    /// <returns>What is wrong with it, or null where the query is good.</returns>
    internal ProblemHttpResult? Refusal(out DeadLetterQuery query)
    {
        query = new DeadLetterQuery();
        if (MachineId is not null && !Contracts.MachineId.TryParse(MachineId, out _))
        {
            return Problems.Invalid("machineId", Contracts.MachineId.Rule);
        }

        if (Limit is < 1 or > 1_000)
        {
            return Problems.Invalid("limit", "1 to 1,000");
        }

        query = new DeadLetterQuery(
            Reason,
            MachineId is null ? null : Contracts.MachineId.Parse(MachineId),
            From?.ToUniversalTime(),
            To?.ToUniversalTime(),
            Replayed,
            Limit ?? 100,
            Continuation);
        return null;
    }
}
