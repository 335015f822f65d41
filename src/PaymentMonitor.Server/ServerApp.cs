using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>One running server: started on a data folder, listening, and stopped with nothing left undone.</summary>
internal sealed class ServerApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RunningServer _announcement;

    private ServerApp(WebApplication app, Uri address, ApiKeyFile keys, string? newOperatorKey, RunningServer announcement)
    {
        _app = app;
        _announcement = announcement;
        Address = address;
        Keys = keys;
        NewOperatorKey = newOperatorKey;
    }

    /// <summary>Where it listens, with the port it really got.</summary>
    internal Uri Address { get; }

    internal ApiKeyFile Keys { get; }

    /// <summary>Made at the first start on a data folder; null afterwards.</summary>
    internal string? NewOperatorKey { get; }

    internal IServiceProvider Services => _app.Services;

    /// <exception cref="StartupException">It cannot start; the message says why and what to do.</exception>
    internal static async Task<ServerApp> StartAsync(ServeOptions options, CancellationToken cancellationToken, Action<WebApplicationBuilder>? adapt = null)
    {
        var secret = ProviderSecret(options);
        var addresses = Addresses(options.Urls);
        if (options.DemoCredentials && !addresses.All(IsLoopback))
        {
            throw new StartupException("demo-not-loopback", "--demo-credentials lets everybody in, so it listens on loopback addresses only; leave it out, or use --urls http://127.0.0.1:8080.");
        }

        var keys = OpenFolder(options.Data);
        var app = ServerComposition.Build(options, keys, secret, adapt);
        try
        {
            if (options.AzureStores is not null)
            {
                await AzureStores.PrepareAsync(app.Services, cancellationToken);
            }

            // The data folder first: a server that cannot keep anything must not listen.
            var store = app.Services.GetRequiredService<EmbeddedStore>();
            await app.Services.GetRequiredService<RiskRegistry>().LoadAsync(cancellationToken);
            store.Start(app.Services.GetRequiredService<DecisionPump>().Tell);
            await app.StartAsync(cancellationToken);
            // Only now and only aloud: a key is shown once, and a start that fails shows nothing.
            var newKey = keys.Keys.Count == 0 && !options.Quiet ? keys.Add("operator", Roles.Operator) : null;
            var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            ChildProcess.EndWithInput(app.Lifetime);
            return new ServerApp(app, address, keys, newKey, RunningServer.Announce(options.Data, address));
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await app.DisposeAsync();
            throw new StartupException("port-in-use", $"Another program listens on {options.Urls} already; stop it, or choose another port with --urls.", e);
        }
        catch (SocketException e)
        {
            await app.DisposeAsync();
            throw WrongAddress(options.Urls, e.Message, e);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    internal Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        _announcement.Dispose();
        await _app.DisposeAsync();
    }

    private static ApiKeyFile OpenFolder(string folder)
    {
        try
        {
            return ApiKeyFile.Open(folder, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException("data-unusable", $"The data folder '{folder}' cannot be used ({e.Message}); name another with --data.", e);
        }
    }

    private static WebhookSecret? ProviderSecret(ServeOptions options)
    {
        if (options.ProviderSecret is not { Length: > 0 } text)
        {
            return null;
        }

        return WebhookSecret.TryParse(text, out var secret)
            ? secret
            : throw new StartupException("wrong-secret", $"{ServeCommand.ProviderSecretVariable} must be {WebhookSecret.Rule}.");
    }

    private static List<BindingAddress> Addresses(string urls)
    {
        var addresses = new List<BindingAddress>();
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            addresses.Add(Parse(url));
        }

        return addresses is [] ? throw WrongAddress(urls, "none is given") : addresses;
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url) switch
            {
                { Scheme: not "http" } => throw WrongAddress(url, "only http is served; for https put a proxy before it"),
                { Host: "localhost", Port: 0 } => throw WrongAddress(url, "a free port needs 127.0.0.1 or [::1] instead of localhost"),
                var address => address,
            };
        }
        catch (FormatException e)
        {
            throw WrongAddress(url, "it is no address", e);
        }
    }

    private static bool IsLoopback(BindingAddress address)
    {
        return address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }

    private static StartupException WrongAddress(string url, string why, Exception? innerException = null)
    {
        return new StartupException("wrong-address", $"The server cannot listen on '{url}' ({why}); choose an address like {ServeOptions.DefaultUrls} with --urls.", innerException);
    }
}
