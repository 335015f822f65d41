using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>The reference data by which orders are refused: kill switch, deny lists, limits.</summary>
internal static class RiskApi
{
    private const int EntriesMax = 10_000;

    internal static void MapRisk(this IEndpointRouteBuilder routes)
    {
        var risk = routes.MapGroup("/api/risk").WithTags("Risk");
        risk.MapGet("/", ListAsync).RequireAuthorization(Roles.Reader).WithSummary("The kill switches that are thrown, the deny lists and the limits.");
        risk.MapGet("/history", HistoryAsync).RequireAuthorization(Roles.Reader).WithSummary("Who changed what, and why, newest first.");
        risk.MapPost("/", SetAsync).RequireAuthorization(Roles.Operator)
            .WithSummary("Sets one entry: throws a kill switch, denies, or limits. It counts for every verdict from now on.");
        risk.MapPost("/import", ImportAsync).RequireAuthorization(Roles.Operator).WithSummary($"Sets up to {EntriesMax} entries, or none of them if one is wrong.");
        risk.MapPost("/remove", RemoveAsync).RequireAuthorization(Roles.Operator).WithSummary("Takes one entry back.");
    }

    private static async Task<Ok<RiskListView>> ListAsync(IRiskBook book, CancellationToken cancellationToken)
    {
        return TypedResults.Ok(new RiskListView(await book.ListAsync(cancellationToken)));
    }

    private static async Task<Results<Ok<RiskHistoryView>, ProblemHttpResult>> HistoryAsync(int? limit, IRiskBook book, CancellationToken cancellationToken)
    {
        return limit is < 1 or > 1_000
            ? Problems.Invalid(nameof(limit), "1 to 1,000")
            : TypedResults.Ok(new RiskHistoryView(await book.HistoryAsync(limit ?? 100, cancellationToken)));
    }

    private static async Task<Results<Ok<RiskEntry>, ProblemHttpResult>> SetAsync(
        RiskRequest request, HttpContext context, RiskRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        var entry = request.ToEntry(Caller.Name(context), time.GetUtcNow());
        return await registry.SetAsync(entry, cancellationToken) is { } error ? Refused(error) : TypedResults.Ok(entry);
    }

    private static async Task<Results<Ok<RiskImportView>, ProblemHttpResult>> ImportAsync(
        RiskImport import, HttpContext context, RiskRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        if (import.Entries is not { Count: > 0 and <= EntriesMax } requests)
        {
            return Problems.Invalid("entries", $"1 to {EntriesMax} entries");
        }

        var (by, now) = (Caller.Name(context), time.GetUtcNow());
        return await registry.ImportAsync([.. requests.Select(request => request.ToEntry(by, now))], cancellationToken) is { } error
            ? Refused(error)
            : TypedResults.Ok(new RiskImportView(requests.Count));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        RiskRequest request, HttpContext context, RiskRegistry registry, CancellationToken cancellationToken)
    {
        var error = await registry.RemoveAsync(request.Kind, request.Scope, request.Value ?? "", Caller.Name(context), request.Reason, cancellationToken);
        return error is null ? TypedResults.NoContent() : Refused(error);
    }

    private static ProblemHttpResult Refused(NamedError error)
    {
        return Problems.Of(error.Name is "unknown-entry" ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, error);
    }
}

/// <param name="Kind"><c>Stop</c> (the kill switch), <c>Deny</c> or <c>Limit</c>.</param>
/// <param name="Scope"><c>Fleet</c>, <c>Channel</c>, <c>Machine</c> or <c>Coupon</c>.</param>
/// <param name="Value">The channel, machine or coupon; nothing for the fleet.</param>
/// <param name="Reason">Why, for whoever asks later.</param>
internal sealed record RiskRequest(RiskKind Kind, RiskScope Scope, string? Value = null, string? Reason = null, int? OrdersPerHour = null, long? AmountPerHour = null)
{
    internal RiskEntry ToEntry(string by, DateTimeOffset at) => new(Kind, Scope, Value ?? "", Reason ?? "", by, at, OrdersPerHour, AmountPerHour);
}

internal sealed record RiskImport(IReadOnlyList<RiskRequest>? Entries);

internal sealed record RiskImportView(int Entries);

internal sealed record RiskListView(IReadOnlyList<RiskEntry> Items);

internal sealed record RiskHistoryView(IReadOnlyList<RiskChange> Items);
