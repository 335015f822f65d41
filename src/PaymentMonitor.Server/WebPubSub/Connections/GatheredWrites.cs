namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// Puts off the writes of this thread until all is queued, so that what goes to one socket leaves in one system call. Dispose of it
/// on the same thread, without waiting for anything in between.
/// </summary>
internal sealed class GatheredWrites : IDisposable
{
    [ThreadStatic]
    private static GatheredWrites? t_current;

    private readonly List<ClientSocket> _sockets = [];
    private bool _isGathering;

    internal static GatheredWrites Begin()
    {
        var gathered = t_current ??= new GatheredWrites();
        gathered._isGathering = true;
        return gathered;
    }

    /// <returns>False: nothing is gathered on this thread, so the socket is to be written now.</returns>
    internal static bool TryAdd(ClientSocket socket)
    {
        if (t_current is not { _isGathering: true } gathered)
        {
            return false;
        }

        gathered._sockets.Add(socket);
        return true;
    }

    public void Dispose()
    {
        _isGathering = false;
        foreach (var socket in _sockets)
        {
            socket.Write();
        }

        _sockets.Clear();
    }
}
