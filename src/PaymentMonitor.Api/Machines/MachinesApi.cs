using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>The registry of machines, for operators.</summary>
internal static class MachinesApi
{
    internal static void MapMachines(this IEndpointRouteBuilder routes)
    {
        var machines = routes.MapGroup("/api/machines").WithTags("Machines");
        machines.MapGet("/", ListAsync).RequireAuthorization(Roles.Reader).WithSummary("Machines in the order of their ids, a page at a time.");
        machines.MapGet("/{machineId}", ReadAsync).RequireAuthorization(Roles.Reader).WithSummary("One machine.");
        machines.MapPut("/{machineId}", AddAsync).RequireAuthorization(Roles.Operator).WithSummary("Registers a machine and shows its secret, once.");
        machines.MapPost("/{machineId}/rotate", RotateAsync).RequireAuthorization(Roles.Operator)
            .WithSummary("Makes a new secret, shown once; the old one works for overlapHours more (24 unless given; 0 ends it now).");
        machines.MapPost("/{machineId}/revoke", RevokeAsync).RequireAuthorization(Roles.Operator)
            .WithSummary("Turns the machine away for good and closes its connections.");
    }

    private static async Task<Results<Ok<MachinePageView>, ProblemHttpResult>> ListAsync(
        string? after, int? limit, IMachineStore store, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 1_000)
        {
            return Problems.Invalid(nameof(limit), "1 to 1,000");
        }

        if (after is not null && !MachineId.TryParse(after, out _))
        {
            return Problems.Invalid(nameof(after), MachineId.Rule);
        }

        var size = limit ?? 100;
        var machines = await store.ListAsync(after is null ? null : MachineId.Parse(after), size, cancellationToken);
        return TypedResults.Ok(new MachinePageView(
            [.. machines.Select(MachineView.Of)], machines.Count == size ? machines[^1].MachineId.Value : null));
    }

    private static async Task<Results<Ok<MachineView>, ProblemHttpResult>> ReadAsync(string machineId, IMachineStore store, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var id))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        return await store.ReadAsync(id, cancellationToken) is { } machine
            ? TypedResults.Ok(MachineView.Of(machine))
            : Problems.Of(StatusCodes.Status404NotFound, "unknown-machine", $"The machine '{id}' is not registered.");
    }

    private static async Task<Results<Ok<MachineSecretView>, ProblemHttpResult>> AddAsync(
        string machineId, MachineTerms terms, MachineRegistry registry, CancellationToken cancellationToken)
    {
        if (!MachineId.TryParse(machineId, out var id))
        {
            return Problems.Invalid(nameof(machineId), MachineId.Rule);
        }

        var channels = ImmutableArray.CreateBuilder<Channel>();
        foreach (var text in terms.Channels ?? [])
        {
            if (!Channel.TryParse(text, out var channel))
            {
                return Problems.Invalid("channels", Channel.Rule);
            }

            channels.Add(channel);
        }

        return Answer(await registry.AddAsync(id, channels.ToImmutable(), cancellationToken, terms.Secret));
    }

    private static async Task<Results<Ok<MachineSecretView>, ProblemHttpResult>> RotateAsync(
        string machineId, double? overlapHours, MachineRegistry registry, CancellationToken cancellationToken)
    {
        if (overlapHours is < 0 or > 168)
        {
            return Problems.Invalid(nameof(overlapHours), "0 to 168");
        }

        return MachineId.TryParse(machineId, out var id)
            ? Answer(await registry.RotateAsync(
                id, overlapHours is { } hours ? TimeSpan.FromHours(hours) : MachineRegistry.RotationOverlap, cancellationToken))
            : Problems.Invalid(nameof(machineId), MachineId.Rule);
    }

    private static async Task<Results<Ok<MachineSecretView>, ProblemHttpResult>> RevokeAsync(
        string machineId, MachineRegistry registry, CancellationToken cancellationToken)
    {
        return MachineId.TryParse(machineId, out var id)
            ? Answer(await registry.RevokeAsync(id, cancellationToken))
            : Problems.Invalid(nameof(machineId), MachineId.Rule);
    }

    private static Results<Ok<MachineSecretView>, ProblemHttpResult> Answer(RegistryAnswer answer) => answer switch
    {
        RegistryAnswer.Done done => TypedResults.Ok(new MachineSecretView(MachineView.Of(done.Machine), done.Secret)),
        RegistryAnswer.Refused { Error.Name: "unknown-machine" } refused => Problems.Of(StatusCodes.Status404NotFound, refused.Error),
        RegistryAnswer.Refused { Error.Name: "already-registered" } refused => Problems.Of(StatusCodes.Status409Conflict, refused.Error),
        RegistryAnswer.Refused refused => Problems.Of(StatusCodes.Status400BadRequest, refused.Error),
        _ => throw new NotSupportedException(),
    };
}

/// <param name="Channels">Where the machine may take payments, for example <c>qr</c>, <c>card-terminal</c>, <c>cash</c>.</param>
/// <param name="Secret">For machines provisioned elsewhere; left out, one is made.</param>
internal sealed record MachineTerms(IReadOnlyList<string>? Channels, string? Secret = null);

internal sealed record MachineView(string MachineId, IReadOnlyList<string> Channels, DateTimeOffset RegisteredAt, DateTimeOffset? RevokedAt, int ValidSecrets)
{
    internal static MachineView Of(MachineRecord machine) => new(
        machine.MachineId.Value, [.. machine.Channels.Select(channel => channel.Value)], machine.RegisteredAt, machine.RevokedAt, machine.Secrets.Length);
}

internal sealed record MachineSecretView(MachineView Machine, string? Secret);

internal sealed record MachinePageView(IReadOnlyList<MachineView> Items, string? Continuation);
