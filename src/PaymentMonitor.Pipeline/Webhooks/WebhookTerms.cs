using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>What somebody asks for in a subscription. In a change, null leaves things as they are.</summary>
/// <param name="Types">Some of <see cref="WebhookTypes.All"/>; empty: all of them.</param>
/// <param name="Machines">Machine ids; empty: all machines.</param>
/// <param name="Secret">A secret of the caller's own (<c>whsec_...</c>); null makes one. Only for a new subscription.</param>
public sealed record WebhookTerms(
    string? Url = null, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Machines = null, string? Description = null, string? Secret = null)
{
    private const int DescriptionLengthMax = 200;
    private const int UrlLengthMax = 2_000;
    private const int MachinesMax = 1_000;

    /// <summary>The endpoint with these terms, or what is wrong with them.</summary>
    internal bool TryApply(
        WebhookEndpoint endpoint, bool allowPrivate, [NotNullWhen(true)] out WebhookEndpoint? changed, [NotNullWhen(false)] out NamedError? error)
    {
        changed = null;
        if (!TryUrl(endpoint.Url, allowPrivate, out var url, out error)
            || !TryTypes(endpoint.Types, out var types, out error)
            || !TryMachines(endpoint.Machines, out var machines, out error))
        {
            return false;
        }

        if (Description is { Length: > DescriptionLengthMax })
        {
            error = new NamedError("invalid-description", $"'description' must have at most {DescriptionLengthMax} characters.");
            return false;
        }

        changed = endpoint with { Url = url, Types = types, Machines = machines, Description = Description ?? endpoint.Description };
        return true;
    }

    private bool TryUrl(Uri present, bool allowPrivate, [NotNullWhen(true)] out Uri? url, [NotNullWhen(false)] out NamedError? error)
    {
        (url, error) = (present, null);
        if (Url is null)
        {
            return true;
        }

        var rule = Url.Length > UrlLengthMax || !Uri.TryCreate(Url, UriKind.Absolute, out url)
            ? $"an https address of at most {UrlLengthMax} characters"
            : AddressGuard.Refusal(url, allowPrivate);
        error = rule is null ? null : new NamedError("invalid-url", $"'url' must be {rule}.");
        return rule is null;
    }

    private bool TryTypes(ImmutableArray<string> present, out ImmutableArray<string> types, [NotNullWhen(false)] out NamedError? error)
    {
        types = Types is null ? present : [.. Types.Distinct()];
        var unknown = types.FirstOrDefault(type => !WebhookTypes.All.Contains(type));
        error = unknown is null ? null : new NamedError("unknown-type", $"There is no notice '{unknown}'; there are {string.Join(", ", WebhookTypes.All)}.");
        return unknown is null;
    }

    private bool TryMachines(ImmutableArray<MachineId> present, out ImmutableArray<MachineId> machines, [NotNullWhen(false)] out NamedError? error)
    {
        (machines, error) = (present, null);
        if (Machines is null)
        {
            return true;
        }

        if (Machines.Count > MachinesMax || !Machines.All(machine => MachineId.TryParse(machine, out _)))
        {
            error = new NamedError("invalid-machines", $"'machines' must be at most {MachinesMax} machine ids, each {MachineId.Rule}.");
            return false;
        }

        machines = [.. Machines.Distinct().Select(MachineId.Parse)];
        return true;
    }
}
