using System.CommandLine;
using PaymentMonitor.Server.Embedded;

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

        var proxies = new Option<string[]>("--trust-proxy")
        {
            Description = $"A proxy before the server that ends TLS: {TrustedProxies.Rule}. Its X-Forwarded headers are believed, so that machines get a wss:// address; may be repeated.",
            HelpName = "ADDRESS",
        };
        proxies.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !TrustedProxies.IsValid(token.Value)))
            {
                result.AddError($"--trust-proxy must be {TrustedProxies.Rule}; '{token.Value}' is not.");
            }
        });
        var provider = ProviderSettings.Option();
        var cosmos = new Option<string?>("--cosmos")
        {
            Description = $"Keeps orders in Cosmos DB: a connection string with a key, of an emulator or of an account. With --storage. {AzureStoresOptions.Honesty}",
            HelpName = "CONNECTION",
        };
        var storage = new Option<string?>("--storage")
        {
            Description = "Keeps dead letters and the archive in blobs, and webhooks in a queue, of this storage account: a connection string, for Azurite UseDevelopmentStorage=true. With --cosmos.",
            HelpName = "CONNECTION",
        };
        var kept = new RetentionOptions();
        var keepLog = KeepOption.Create("--keep-log", "How long events stay in the log, which 'export' shows.", kept.Log);
        var keepOrders = KeepOption.Create("--keep-orders", "How long orders stay after their last event, once they have ended and are archived.", kept.Orders);
        var keepLetters = KeepOption.Create("--keep-dead-letters", "How long dead letters stay.", kept.DeadLetters);
        var queue = QueueOption();
        var logFormat = new Option<LogFormat>("--log-format")
        {
            Description = "How the log on standard error is written: text for people, json for programs (one object a line).",
            HelpName = "text|json",
        };
        var noTelemetry = new Option<bool>("--no-telemetry") { Description = "Neither /metrics nor OTLP; the operations page works all the same." };

        var command = new Command("serve", $"Runs the back end: machines connect, report and get decisions; all of it durable in one data folder. The environment variable {ProviderSecretVariable} (whsec_...) opens the payment provider's callback route, {ProviderSettings.KeyVariable} is the key for calls to the provider, {ProviderSettings.RefundsVariable}=false leaves refunds to business systems, and {RiskSettings.AddressVariable} names a risk service that is asked before a shipment is allowed. The first start prints an operator key, once.")
        {
            urls,
            data,
            demo,
            proxies,
            provider,
            allowPrivate,
            cosmos,
            storage,
            keepLog,
            keepOrders,
            keepLetters,
            queue,
            logFormat,
            noTelemetry,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(cosmos) is null != result.GetValue(storage) is null)
            {
                result.AddError("--cosmos and --storage belong together.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new ServeOptions
            {
                Data = Path.GetFullPath(parsed.GetRequiredValue(data)),
                Urls = parsed.GetRequiredValue(urls),
                TrustedProxies = parsed.GetValue(proxies) ?? [],
                DemoCredentials = parsed.GetValue(demo),
                Provider = ProviderSettings.Read(parsed.GetValue(provider)),
                Risk = RiskSettings.Read(),
                WebhookAllowPrivate = parsed.GetValue(allowPrivate),
                Retention = new RetentionOptions
                {
                    Log = parsed.GetValue(keepLog) ?? kept.Log,
                    Orders = parsed.GetValue(keepOrders) ?? kept.Orders,
                    DeadLetters = parsed.GetValue(keepLetters) ?? kept.DeadLetters,
                },
                QueueCapacity = parsed.GetValue(queue),
                AzureStores = parsed.GetValue(cosmos) is { } account ? new AzureStoresOptions(account, parsed.GetValue(storage)!) : null,
                LogFormat = parsed.GetValue(logFormat),
                Telemetry = !parsed.GetValue(noTelemetry),
                ProviderSecret = Environment.GetEnvironmentVariable(ProviderSecretVariable),
            };
            InlineSockets.Enable();
            await using var server = await ServerApp.StartAsync(options, cancellationToken);
            ServeBanner.Print(server, options);
            await server.WaitForShutdownAsync(cancellationToken);
            return CommandLine.Done;
        });
        return command.WithExamples($"""
            paymentmonitor serve
            paymentmonitor serve --demo-credentials
            paymentmonitor serve --trust-proxy 127.0.0.1
            paymentmonitor serve --cosmos "AccountEndpoint=http://127.0.0.1:8081/;AccountKey=..." --storage UseDevelopmentStorage=true
            {ProviderSettings.KeyVariable}=... paymentmonitor serve --provider https://psp.example.com/v1
            paymentmonitor serve --urls http://0.0.0.0:8080 --data /var/lib/paymentmonitor --log-format json
            """);
    }

    private static Option<int> QueueOption()
    {
        const int Least = 16;
        const int Most = 1_000_000;
        var option = new Option<int>("--queue-capacity")
        {
            Description = "Events and other writes that may wait for the disk; above, whoever reports is asked to come again. A machine has two events under way at most, so the default is enough for 4,000 machines.",
            DefaultValueFactory = _ => new StoreOptions().QueueCapacity,
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < Least or > Most)
            {
                result.AddError($"--queue-capacity must be a whole number from {Least} to {Most}.");
            }
        });
        return option;
    }
}
