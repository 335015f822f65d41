using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>How far a machine's reports have come, and what of them is missing or lost.</summary>
internal static class ProgressApi
{
    internal static void MapProgress(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/machines/{machineId}/progress", ReadAsync)
            .RequireAuthorization(Roles.Reader)
            .WithTags("Machines")
            .WithSummary("How far the machine's reports have come, as of a few seconds ago: what is missing, and what is no longer waited for.");
    }

    private static async Task<Results<Ok<ProgressView>, ProblemHttpResult>> ReadAsync(string machineId, IMachineProgress store, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var id))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        return await store.ReadAsync(id, cancellationToken) is { } progress
            ? TypedResults.Ok(ProgressView.Of(progress))
            : Problems.Of(StatusCodes.Status404NotFound, "unknown-progress", $"No numbered report of the machine '{id}' has arrived.");
    }
}

/// <param name="ClockSkewMs">How far the machine's clock is ahead; null where no report says.</param>
/// <param name="Missing">Waited for, and asked for in the machine's syncs.</param>
/// <param name="Lost">No longer waited for: 24 hours have passed.</param>
internal sealed record ProgressView(
    string MachineId,
    long? Boot,
    long? Contiguous,
    DateTimeOffset? LastSeenAt,
    double? ClockSkewMs,
    IReadOnlyList<MissingView> Missing,
    IReadOnlyList<LostReports> Lost)
{
    internal static ProgressView Of(MachineProgress progress) => new(
        progress.MachineId.Value,
        progress.Boots is [.., var newest] ? newest.Boot : null,
        progress.Boots is [.., var last] ? last.Contiguous : null,
        progress.LastSeenAt,
        progress.ClockSkew?.TotalMilliseconds,
        [.. progress.Boots.SelectMany(boot => boot.Missing().Select(range => new MissingView(boot.Boot, range.From, range.To, boot.MissingSince)))],
        progress.Losses);
}

internal sealed record MissingView(long Boot, long From, long To, DateTimeOffset? Since);
