using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>Whether the environment's settings can be read. What is not set is not checked: everything has a default.</summary>
internal static class ConfigurationChecks
{
    internal static IEnumerable<Finding> Run(IReadOnlyDictionary<string, string> environment)
    {
        yield return environment.GetValueOrDefault(ServeCommand.ProviderSecretVariable) switch
        {
            null or "" => Finding.Well("callbacks", "No secret of a payment provider is set; its callback route is closed."),
            var secret when WebhookSecret.TryParse(secret, out _) => Finding.Well("callbacks", "The payment provider's secret is readable; its callback route will be open."),
            _ => Finding.Ill("callbacks", $"{ServeCommand.ProviderSecretVariable} is set and not readable.", $"Set it to {WebhookSecret.Rule}, as the provider shows it, or unset it."),
        };
        yield return Address(environment, ProviderSettings.AddressVariable, "provider settings", "No payment provider is set; claims wait for its callbacks, and refunds for a business system.");
        yield return environment.GetValueOrDefault(ProviderSettings.RefundsVariable) is null or "" or "true" or "false"
            ? Finding.Well("refund settings", "Whether refunds are made is readable.")
            : Finding.Ill("refund settings", $"{ProviderSettings.RefundsVariable} is neither true nor false.", "Set it to one of them, or unset it.");
        yield return Address(environment, OtlpVariable, "telemetry settings", "No OTLP endpoint is set; metrics are at /metrics only, and nothing is traced.");
    }

    internal const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    internal static Uri? Address(IReadOnlyDictionary<string, string> environment, string variable)
    {
        return Uri.TryCreate(environment.GetValueOrDefault(variable), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
    }

    private static Finding Address(IReadOnlyDictionary<string, string> environment, string variable, string about, string unset)
    {
        if (environment.GetValueOrDefault(variable) is not { Length: > 0 })
        {
            return Finding.Well(about, unset);
        }

        return Address(environment, variable) is { } address
            ? Finding.Well(about, $"{variable} names {address.GetLeftPart(UriPartial.Authority)}.")
            : Finding.Ill(about, $"{variable} is no address.", "Set it to an absolute http or https address, or unset it.");
    }
}
