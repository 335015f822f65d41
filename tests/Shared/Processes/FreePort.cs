using System.Net;
using System.Net.Sockets;

namespace PaymentMonitor.Testing;

/// <summary>A port for a process that must be told its own.</summary>
internal static class FreePort
{
    // Below the ports that the system gives to connections: between this look and the process's start one of those may be taken.
    private const int From = 10_000;
    private const int To = 32_000;

    internal static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(From, To);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
