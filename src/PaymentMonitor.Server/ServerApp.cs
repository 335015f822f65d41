using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PaymentMonitor.Contracts;
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
        if (options.DemoCredentials && !Addresses(options.Urls).All(IsLoopback))
        {
            throw new StartupException("demo-not-loopback", "--demo-credentials lets everybody in, so it listens on loopback addresses only; leave it out, or use --urls http://127.0.0.1:8080.");
        }

        var keys = OpenFolder(options.Data);
        var app = ServerComposition.Build(options, keys, secret, adapt);
        try
        {
            // The data folder first: a server that cannot keep anything must not listen.
            app.Services.GetRequiredService<EmbeddedStore>().Start();
            var newKey = keys.Keys.Count == 0 ? keys.Add("operator", Roles.Operator) : null;
            await app.StartAsync(cancellationToken);
            var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            ChildProcess.EndWithInput(app.Lifetime);
            return new ServerApp(app, address, keys, newKey, RunningServer.Announce(options.Data, address));
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await app.DisposeAsync();
            throw new StartupException("port-in-use", $"Another program listens on {options.Urls} already; stop it, or choose another port with --urls.", e);
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

    private static IEnumerable<Uri> Addresses(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            yield return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? address
                : throw new StartupException("wrong-address", $"'{url}' is not an address to listen on; one looks like {ServeOptions.DefaultUrls}.");
        }
    }

    private static bool IsLoopback(Uri address)
    {
        return address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
