using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>The newest reconciliation: told by <c>paymentmonitor reconcile</c>, worked off by an operator.</summary>
internal static class ReconciliationApi
{
    internal const string Path = "/api/reconciliation";
    private const int ReasonMax = 256;

    internal static void MapReconciliation(this IEndpointRouteBuilder routes)
    {
        var reconciliation = routes.MapGroup(Path).WithTags("Reconciliation");
        reconciliation.MapGet("/", Read).RequireAuthorization(Roles.Reader).WithSummary("The newest comparison with the provider's statement, with its differences; settled=false leaves out those that were seen to.");
        reconciliation.MapPut("/", Keep).RequireAuthorization(Roles.Integrator).WithSummary("Takes a report of 'paymentmonitor reconcile' in place of the one before; what was settled stays settled.");
        reconciliation.MapPost("/settle", Settle).RequireAuthorization(Roles.Operator).WithSummary("Notes that a difference was seen to, by whom and how.");
    }

    private static Ok<ReconciliationView> Read(bool? settled, ReconciliationBook book) => TypedResults.Ok(ReconciliationView.Of(book.Newest, settled));

    private static Ok<ReconciliationView> Keep(ReconciliationReport report, HttpContext context, ReconciliationBook book) =>
        TypedResults.Ok(ReconciliationView.Of(book.Keep(report, Caller.Name(context)), null));

    private static Results<Ok<KeptDifference>, ProblemHttpResult> Settle(SettleRequest request, HttpContext context, ReconciliationBook book)
    {
        if (request.Reason is not { Length: > 0 and <= ReasonMax } reason)
        {
            return Problems.Invalid("reason", $"1 to {ReasonMax} characters");
        }

        return PaymentId.TryParse(request.PaymentId, out var paymentId) && book.Settle(request.Kind ?? "", paymentId, Caller.Name(context), reason) is { } settled
            ? TypedResults.Ok(settled)
            : Problems.Of(StatusCodes.Status404NotFound, "unknown-difference", $"The newest reconciliation has no difference '{request.Kind}' of the payment '{request.PaymentId}'.");
    }
}

/// <param name="At">Null where nothing was compared yet.</param>
/// <param name="Unsettled">Lines of the statement that were too young to be judged.</param>
/// <param name="LeftOff">Further differences, which are only counted.</param>
internal sealed record ReconciliationView(DateTimeOffset? At, string? By, int Payments, int Refunds, int Unsettled, int LeftOff, IReadOnlyList<KeptDifference> Items)
{
    internal static ReconciliationView Of(KeptReconciliation? kept, bool? settled) => kept is null
        ? new ReconciliationView(null, null, 0, 0, 0, 0, [])
        : new ReconciliationView(
            kept.At, kept.By, kept.Payments, kept.Refunds, kept.Unsettled, kept.LeftOff,
            [.. kept.Differences.Where(difference => settled is null || difference.Settled is not null == settled)]);
}

internal sealed record SettleRequest(string? Kind, string? PaymentId, [property: Description("What came of it: 1 to 256 characters.")] string? Reason);
