using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>What a server says when it is ready: where it listens, where its data is, and how to begin.</summary>
internal static class ServeBanner
{
    internal static void Print(ServerApp server, ServeOptions options)
    {
        Console.WriteLine($"PaymentMonitor {ServerVersion.Text}");
        Console.WriteLine($"Data in {options.Data}");
        if (options.AzureStores is not null)
        {
            Console.WriteLine(AzureStoresOptions.Honesty);
        }

        if (server.NewOperatorKey is { } key)
        {
            Console.WriteLine($"Operator key, shown this once: {key}");
        }

        if (options.DemoCredentials)
        {
            Console.WriteLine();
            Console.WriteLine("DEMO CREDENTIALS: any machine is let in with a secret that everybody knows. Never use this for real payments.");
            Console.WriteLine($"  C#          dotnet run --project samples/csharp-machine -- {server.Address} m-1 {DemoMachines.Secret}");
            Console.WriteLine($"  JavaScript  npm ci --prefix samples/javascript-machine && node samples/javascript-machine/machine.js {server.Address} m-1 {DemoMachines.Secret}");
            Console.WriteLine();
        }

        if (options.WebhookAllowPrivate)
        {
            Console.WriteLine("WEBHOOKS MAY GO TO PRIVATE ADDRESSES and over plain http (--webhook-allow-private). Never use this where others may subscribe.");
        }

        Console.WriteLine($"Operations page {server.Address}ops/");
        Listening.Print(server.Address);
    }
}
