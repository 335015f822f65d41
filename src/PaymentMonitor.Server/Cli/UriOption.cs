using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary>An option whose value is an http or https address.</summary>
internal static class UriOption
{
    internal static Option<Uri> Create(string name, string description, Uri? fallback = null)
    {
        var option = new Option<Uri>(name)
        {
            Description = description,
            HelpName = "URL",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                {
                    return uri;
                }

                result.AddError($"{name} must be an http or https address, such as http://127.0.0.1:8080.");
                return null;
            },
        };
        if (fallback is not null)
        {
            option.DefaultValueFactory = _ => fallback;
        }

        return option;
    }
}
