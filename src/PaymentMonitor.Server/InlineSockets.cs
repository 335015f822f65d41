namespace PaymentMonitor.Server;

/// <summary>
/// Lets the threads that wait for the sockets also serve them. Otherwise each arrival wakes a thread of the pool, and that one a
/// second, to look for more: under many small messages these switches cost more than the messages.
/// </summary>
internal static class InlineSockets
{
    /// <summary>For the whole process, before its first socket. What runs on a socket's thread must not wait for another socket.</summary>
    internal static void Enable() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}
