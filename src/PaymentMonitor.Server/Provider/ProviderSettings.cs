using System.CommandLine;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>How the payment provider is named to a command. The key goes through the environment: a command line can be read by every process of the machine.</summary>
internal static class ProviderSettings
{
    internal const string AddressVariable = "PAYMENTMONITOR_PROVIDER_URL";
    internal const string KeyVariable = "PAYMENTMONITOR_PROVIDER_KEY";
    internal const string RefundsVariable = "PAYMENTMONITOR_PROVIDER_REFUNDS";

    internal static Option<Uri> Option() => UriOption.Create(
        "--provider", $"Asks this payment provider about claims and expiring orders, and makes refunds through it; {AddressVariable} in the environment does as well.");

    /// <returns>Null where no address is given.</returns>
    /// <exception cref="StartupException"><c>wrong-provider</c>.</exception>
    internal static PaymentProviderOptions? Read(Uri? option)
    {
        if ((option ?? FromEnvironment()) is not { } address)
        {
            return null;
        }

        var options = new PaymentProviderOptions
        {
            Address = address,
            ApiKey = Key(),
            MakesRefunds = MakesRefunds(),
        };
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException e)
        {
            throw new StartupException("wrong-provider", $"The payment provider's settings are wrong: {e.Message} They come from --provider, {AddressVariable} and {KeyVariable}.", e);
        }
    }

    internal static string? Key() => Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;

    private static bool MakesRefunds()
    {
        return Environment.GetEnvironmentVariable(RefundsVariable) switch
        {
            null or "" or "true" => true,
            "false" => false,
            var other => throw new StartupException("wrong-provider", $"{RefundsVariable} must be true or false; it is '{other}'."),
        };
    }

    private static Uri? FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable(AddressVariable) is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new StartupException("wrong-provider", $"{AddressVariable} must be an absolute http or https address; it is '{text}'.");
    }
}
