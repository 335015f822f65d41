using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Keeps deliveries away from the inside of our own network: they go only to addresses of the public internet. What counts is the
/// address that the connection is made to, so a name that resolves differently the second time gains nothing.
/// </summary>
public static class AddressGuard
{
    private static readonly ImmutableArray<IPNetwork> Refused =
    [
        // This network, private, shared (CGNAT), loopback, link-local (cloud metadata too), protocol assignments, documentation,
        // 6to4 relays, benchmarks, multicast, reserved and broadcast.
        .. Networks("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"),
        .. Networks("192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"),

        // Unspecified, loopback and IPv4-compatible, discard, NAT64 (which leads to IPv4, any of it), Teredo and protocol assignments,
        // documentation, 6to4, unique local, link-local, site-local, multicast.
        .. Networks("::/96 100::/64 64:ff9b::/96 64:ff9b:1::/48 2001::/23 2001:db8::/32 2002::/16 3fff::/20 fc00::/7 fe80::/10 fec0::/10 ff00::/8"),
    ];

    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Refused.Any(network => network.Contains(plain));
    }

    /// <summary>Why an endpoint's address cannot be taken, as far as that is known without asking for its name; or null.</summary>
    public static string? Refusal(Uri url, bool allowPrivate)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (url.Scheme != Uri.UriSchemeHttps && !(allowPrivate && url.Scheme == Uri.UriSchemeHttp))
        {
            return "an https address";
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return "an address without a user, a password or a fragment";
        }

        return !allowPrivate && IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && !IsPublic(address)
            ? "an address of the public internet; private, loopback and reserved ones are refused"
            : null;
    }

    /// <summary>Connects to the first address of the host that may be connected to and answers.</summary>
    /// <exception cref="AddressRefusedException">None of its addresses may be connected to.</exception>
    internal static async ValueTask<Stream> ConnectAsync(DnsEndPoint host, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(host.Host, cancellationToken);
        var allowed = addresses.Where(address => allowPrivate || IsPublic(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new AddressRefusedException($"'{host.Host}' has no address that deliveries may go to.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, host.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IEnumerable<IPNetwork> Networks(string list) => list.Split(' ').Select(network => IPNetwork.Parse(network));
}

/// <summary>A delivery was to go to an address that is none of the public internet.</summary>
public sealed class AddressRefusedException(string message) : Exception(message);
