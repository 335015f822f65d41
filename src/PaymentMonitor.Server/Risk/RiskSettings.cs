using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>How the risk service is named to a server: by the environment, because its key must not be on a command line.</summary>
internal static class RiskSettings
{
    internal const string AddressVariable = "PAYMENTMONITOR_RISK_URL";
    internal const string KeyVariable = "PAYMENTMONITOR_RISK_KEY";

    /// <returns>Null where no address is given.</returns>
    /// <exception cref="StartupException"><c>wrong-risk-service</c>.</exception>
    internal static RiskServiceOptions? Read()
    {
        if (Environment.GetEnvironmentVariable(AddressVariable) is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new RiskServiceOptions { Address = address, ApiKey = Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null }
            : throw new StartupException("wrong-risk-service", $"{AddressVariable} must be an absolute http or https address; it is '{text}'.");
    }
}
