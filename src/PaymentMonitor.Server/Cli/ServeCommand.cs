using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor serve</c>: the whole back end in one process.</summary>
internal static class ServeCommand
{
    /// <summary>Secrets go through the environment: a command line can be read by every process of the machine.</summary>
    internal const string ProviderSecretVariable = "PAYMENTMONITOR_PROVIDER_SECRET";

    internal static Command Create()
    {
        var urls = new Option<string>("--urls")
        {
            Description = "Addresses to listen on, separated by semicolons; port 0 takes a free one.",
            DefaultValueFactory = _ => ServeOptions.DefaultUrls,
            HelpName = "URLS",
        };
        var data = DataFolder.Option();
        var demo = new Option<bool>("--demo-credentials") { Description = "Lets any machine in with a well-known secret, on loopback only. For trying things out." };
        var allowPrivate = new Option<bool>("--webhook-allow-private")
        {
            Description = "Lets webhooks go to private and loopback addresses and over plain http. Only for development: whoever may subscribe could reach your inner network.",
        };

        var provider = ProviderSettings.Option();

        var command = new Command("serve", $"Runs the back end: machines connect, report and get decisions; all of it durable in one data folder. The environment variable {ProviderSecretVariable} (whsec_...) opens the payment provider's callback route, {ProviderSettings.KeyVariable} is the key for calls to the provider, and {ProviderSettings.RefundsVariable}=false leaves refunds to business systems. The first start prints an operator key, once.")
        {
            urls,
            data,
            demo,
            provider,
            allowPrivate,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new ServeOptions
            {
                Data = Path.GetFullPath(parsed.GetRequiredValue(data)),
                Urls = parsed.GetRequiredValue(urls),
                DemoCredentials = parsed.GetValue(demo),
                Provider = ProviderSettings.Read(parsed.GetValue(provider)),
                WebhookAllowPrivate = parsed.GetValue(allowPrivate),
                ProviderSecret = Environment.GetEnvironmentVariable(ProviderSecretVariable),
            };
            await using var server = await ServerApp.StartAsync(options, cancellationToken);
            ServeBanner.Print(server, options);
            await server.WaitForShutdownAsync(cancellationToken);
            return CommandLine.Done;
        });
        return command.WithExamples($"""
            paymentmonitor serve
            paymentmonitor serve --demo-credentials
            {ProviderSettings.KeyVariable}=... paymentmonitor serve --provider https://psp.example.com/v1
            paymentmonitor serve --urls http://0.0.0.0:8080 --data /var/lib/paymentmonitor
            """);
    }
}
