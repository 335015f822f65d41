using System.CommandLine;
using System.Globalization;
using PaymentMonitor.Contracts;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor provider</c>: the simulated payment provider alone.</summary>
internal static class ProviderCommand
{
    internal static Command Create()
    {
        var urls = new Option<string>("--urls") { Description = "Where it listens.", DefaultValueFactory = _ => "http://127.0.0.1:8090", HelpName = "URLS" };
        var callback = UriOption.Create("--callback", "Whom it calls back.", new Uri("http://127.0.0.1:8080/api/provider/callback"));
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same faults.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var lost = Share("--lost", "Share of callbacks whose first delivery is lost; they are delivered again seconds later.");
        var late = Share("--late", "Share of callbacks that are seconds late.");
        var twice = Share("--double", "Share of callbacks that are delivered twice.");
        var errors = Share("--errors", "Share of merchants' calls (ask, close, refund) that are answered with an error.");
        var slow = Share("--slow", "Share of merchants' calls that are answered seconds late.");
        var silent = Share("--silent", "Share of merchants' calls that are done and never answered.");
        var command = new Command("provider", $"A payment provider to test against. Customers pay by POST /payments, and it calls back, signed by Standard Webhooks with the secret in the environment variable {ServeCommand.ProviderSecretVariable}. Merchants ask, close, refund and get their statement as docs/payment-provider.md says; with {ProviderSettings.KeyVariable} in the environment they need that key.")
        {
            urls,
            callback,
            seed,
            lost,
            late,
            twice,
            errors,
            slow,
            silent,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ProviderOptions
            {
                Urls = parsed.GetRequiredValue(urls),
                Callback = parsed.GetRequiredValue(callback),
                Secret = Secret(),
                ApiKey = ProviderSettings.Key(),
                Seed = parsed.GetValue(seed),
                LostShare = parsed.GetValue(lost),
                LateShare = parsed.GetValue(late),
                TwiceShare = parsed.GetValue(twice),
                ErrorShare = parsed.GetValue(errors),
                SlowShare = parsed.GetValue(slow),
                SilentShare = parsed.GetValue(silent),
            },
            cancellationToken));
        return command.WithExamples($"""
            {ServeCommand.ProviderSecretVariable}=whsec_... paymentmonitor provider --lost 0.05 --double 0.05
            {ServeCommand.ProviderSecretVariable}=whsec_... {ProviderSettings.KeyVariable}=... paymentmonitor provider --errors 0.1 --silent 0.02
            """);
    }

    private static async Task<int> RunAsync(ProviderOptions options, CancellationToken cancellationToken)
    {
        await using var app = PaymentProvider.Build(options);
        ChildProcess.EndWithInput(app.Lifetime);
        await app.StartAsync(cancellationToken);
        Listening.Print(new Uri(app.Urls.First()));
        await app.WaitForShutdownAsync(cancellationToken);
        return CommandLine.Done;
    }

    private static WebhookSecret Secret()
    {
        return WebhookSecret.TryParse(Environment.GetEnvironmentVariable(ServeCommand.ProviderSecretVariable), out var secret)
            ? secret
            : throw new StartupException("no-secret", $"The environment variable {ServeCommand.ProviderSecretVariable} must be {WebhookSecret.Rule}.");
    }

    private static Option<double> Share(string name, string description)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "0..1" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var share) && share is not (>= 0 and <= 1))
            {
                result.AddError($"{name} must be a share from 0 to 1.");
            }
        });
        return option;
    }
}
