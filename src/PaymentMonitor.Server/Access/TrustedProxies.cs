using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace PaymentMonitor.Server;

/// <summary>
/// The proxies whose word counts: by their <c>X-Forwarded-Proto</c>, <c>-Host</c> and <c>-For</c> the server knows how clients see it and who
/// they are. From anybody else these headers are a lie that costs nothing, so without a trusted proxy they are not looked at.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>What a proxy looks like, as the second half of a sentence.</summary>
    internal const string Rule = "an IP address or a network such as 10.0.0.0/8";

    internal static bool IsValid(string proxy) => TryParse(proxy, out _);

    internal static void Use(WebApplication app, IReadOnlyList<string> proxies)
    {
        if (proxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            options.KnownIPNetworks.Add(TryParse(proxy, out var network)
                ? network
                : throw new StartupException("wrong-proxy", $"'{proxy}' is no proxy: --trust-proxy takes {Rule}."));
        }

        app.UseForwardedHeaders(options);
    }

    private static bool TryParse(string proxy, out System.Net.IPNetwork network)
    {
        if (IPAddress.TryParse(proxy, out var address))
        {
            network = new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return System.Net.IPNetwork.TryParse(proxy, out network);
    }
}
