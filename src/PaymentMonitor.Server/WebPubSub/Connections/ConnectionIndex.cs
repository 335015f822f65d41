using System.Collections.Concurrent;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// Connections by a name that several may share: a user or a group. Reading takes no lock and sees an unchanging array; changing copies
/// it, which is cheap for users (one connection each) and bearable for groups.
/// </summary>
internal sealed class ConnectionIndex
{
    private readonly ConcurrentDictionary<string, ClientConnection[]> _byName = new(StringComparer.Ordinal);
    private readonly Lock _changing = new();

    internal ReadOnlySpan<ClientConnection> this[string name] => _byName.TryGetValue(name, out var connections) ? connections : [];

    internal void Add(string name, ClientConnection connection)
    {
        lock (_changing)
        {
            _byName[name] = _byName.TryGetValue(name, out var connections) ? [.. connections, connection] : [connection];
        }
    }

    internal void Remove(string name, ClientConnection connection)
    {
        lock (_changing)
        {
            if (!_byName.TryGetValue(name, out var connections))
            {
                return;
            }

            ClientConnection[] rest = connections is [var only] ? (only == connection ? [] : connections) : Array.FindAll(connections, other => other != connection);
            if (rest.Length == 0)
            {
                _byName.TryRemove(name, out _);
            }
            else
            {
                _byName[name] = rest;
            }
        }
    }
}
