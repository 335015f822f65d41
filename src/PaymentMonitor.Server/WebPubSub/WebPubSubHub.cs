using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// One hub: its connections, and the means to reach them. Sending never blocks and never waits for a client: what a client does not
/// take is queued up to a limit and then costs that client its connection, nobody else. Thread-safe.
/// </summary>
internal sealed partial class WebPubSubHub : IDisposable
{
    private const int ConnectionIdBytes = 16;

    private readonly ConcurrentDictionary<string, ClientConnection> _connections = new(StringComparer.Ordinal);
    private readonly ConnectionIndex _users = new();
    private readonly ILogger<WebPubSubHub> _logger;
    private readonly ITimer _sweep;
    private long _lastNumber;
    private volatile bool _isShuttingDown;

    internal WebPubSubHub(
        HubOptions options, HubEvents events, WebPubSubTokens tokens, TimeProvider time, IMeterFactory meters, ILogger<WebPubSubHub> logger)
    {
        Options = options;
        Events = events;
        Tokens = tokens;
        Metrics = new WebPubSubMetrics(meters, options.Name);
        Time = time;
        _logger = logger;
        _sweep = time.CreateTimer(_ => Sweep(), null, options.SweepEvery, options.SweepEvery);
    }

    internal string Name => Options.Name;

    internal HubOptions Options { get; }

    internal HubEvents Events { get; }

    internal WebPubSubTokens Tokens { get; }

    internal WebPubSubMetrics Metrics { get; }

    internal TimeProvider Time { get; }

    internal ConnectionIndex Groups { get; } = new();

    internal NameCache Names { get; } = new();

    /// <summary>Connections that are open or waiting to be recovered.</summary>
    internal int ConnectionCount => _connections.Count;

    internal bool IsShuttingDown => _isShuttingDown;

    internal ClientConnection? Find(string connectionId) => _connections.GetValueOrDefault(connectionId);

    internal bool HasUser(string userId) => _users[userId].Length > 0;

    internal bool HasGroup(string group) => Groups[group].Length > 0;

    /// <returns>How many connections took it; what each of them gets is up to its subprotocol.</returns>
    internal int SendToUser(string userId, MessageDataType dataType, ReadOnlySpan<byte> data)
    {
        return Send(_users[userId], new OutgoingMessage(dataType, data), []);
    }

    internal int SendToAll(MessageDataType dataType, ReadOnlySpan<byte> data, ReadOnlySpan<string> exceptConnectionIds = default)
    {
        return Send([.. _connections.Values], new OutgoingMessage(dataType, data), exceptConnectionIds);
    }

    internal bool SendToConnection(string connectionId, MessageDataType dataType, ReadOnlySpan<byte> data)
    {
        return Find(connectionId)?.Send(new OutgoingMessage(dataType, data)) is true;
    }

    internal int SendToGroup(string group, in OutgoingMessage message, ReadOnlySpan<string> exceptConnectionIds = default)
    {
        return Send(Groups[group], message, exceptConnectionIds);
    }

    /// <summary>Ends the connections of a user, but for those that may stay: the newest, where a user may have only one.</summary>
    internal int CloseUser(string userId, string reason, params ReadOnlySpan<string> exceptConnectionIds)
    {
        return Close(_users[userId], reason, exceptConnectionIds);
    }

    /// <summary>
    /// Ends the connections of the same user that were opened before this one. Two that come at the same moment then never end each
    /// other: the later one stays.
    /// </summary>
    internal int CloseOlder(ClientConnection connection, string reason)
    {
        if (connection.UserId is not { } userId)
        {
            return 0;
        }

        var closing = Closing.ByApplication(reason);
        var closed = 0;
        foreach (var other in _users[userId])
        {
            closed += other.Number < connection.Number && other.Close(closing) ? 1 : 0;
        }

        return closed;
    }

    internal int CloseGroup(string group, string reason, params ReadOnlySpan<string> exceptConnectionIds)
    {
        return Close(Groups[group], reason, exceptConnectionIds);
    }

    internal int CloseAll(string reason, params ReadOnlySpan<string> exceptConnectionIds) => Close([.. _connections.Values], reason, exceptConnectionIds);

    internal bool CloseConnection(string connectionId, string reason) => Find(connectionId)?.Close(Closing.ByApplication(reason)) is true;

    /// <summary>Connections of a user, for what the application wants to do with each.</summary>
    internal ReadOnlySpan<ClientConnection> OfUser(string userId) => _users[userId];

    /// <summary>Refuses new connections and closes the open ones, each with a close frame. Returns at once; the sockets end within <see cref="HubOptions.CloseWait"/>.</summary>
    internal void BeginShutdown()
    {
        _isShuttingDown = true;
        foreach (var (_, connection) in _connections)
        {
            connection.Close(Closing.ShuttingDown);
        }
    }

    public void Dispose()
    {
        BeginShutdown();
        _sweep.Dispose();
    }

    /// <summary>Makes a new connection known. It has no socket yet.</summary>
    internal ClientConnection Open(ConnectAnswer.Accepted accepted, Subprotocol subprotocol)
    {
        var userId = accepted.UserId;
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ConnectionIdBytes));
        var number = Interlocked.Increment(ref _lastNumber);
        var connection = new ClientConnection(this, id, number, userId, subprotocol, Permissions.Of(accepted.Roles ?? []));
        _connections[id] = connection;
        Metrics.Connected();
        if (userId is not null)
        {
            _users.Add(userId, connection);
        }

        foreach (var group in accepted.Groups ?? [])
        {
            connection.JoinGroup(group);
        }

        if (_isShuttingDown)
        {
            connection.Close(Closing.ShuttingDown);
        }

        return connection;
    }

    /// <summary>Is told by a connection, once, that it has ended.</summary>
    internal void Ended(ClientConnection connection, Closing closing, IEnumerable<string> groups)
    {
        _connections.TryRemove(connection.Id, out _);
        if (connection.UserId is { } userId)
        {
            _users.Remove(userId, connection);
        }

        foreach (var group in groups)
        {
            Groups.Remove(group, connection);
        }

        Metrics.Disconnected(closing);
        Log.Ended(_logger, connection.Id, connection.UserId, closing.Name, closing.Message);
        if (Events.Disconnected is { } disconnected)
        {
            _ = TellAsync(disconnected, connection, closing.Name);
        }
    }

    internal async ValueTask ConnectedAsync(ClientConnection connection)
    {
        if (Events.Connected is { } connected)
        {
            try
            {
                await connected(connection);
            }
#pragma warning disable CA1031 // The application's fault; the connection itself is well.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EventFailed(connection, e);
            }
        }
    }

    internal void EventFailed(ClientConnection connection, Exception exception)
    {
        Metrics.Refused("application-failed");
        Log.EventFailed(_logger, connection.Id, connection.UserId, exception);
    }

    private async Task TellAsync(Func<ClientConnection, string, ValueTask> disconnected, ClientConnection connection, string reason)
    {
        try
        {
            await disconnected(connection, reason);
        }
#pragma warning disable CA1031 // Nobody waits for this: an exception would only be lost.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EventFailed(connection, e);
        }
    }

    private void Sweep()
    {
        foreach (var (_, connection) in _connections)
        {
            connection.Sweep();
        }
    }

    private static int Send(ReadOnlySpan<ClientConnection> connections, in OutgoingMessage message, ReadOnlySpan<string> exceptConnectionIds)
    {
        var sent = 0;
        foreach (var connection in connections)
        {
            sent += !exceptConnectionIds.Contains(connection.Id) && connection.Send(message) ? 1 : 0;
        }

        return sent;
    }

    private static int Close(ReadOnlySpan<ClientConnection> connections, string reason, ReadOnlySpan<string> exceptConnectionIds)
    {
        var closing = Closing.ByApplication(reason);
        var closed = 0;
        foreach (var connection in connections)
        {
            closed += !exceptConnectionIds.Contains(connection.Id) && connection.Close(closing) ? 1 : 0;
        }

        return closed;
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Debug, "Connection {ConnectionId} of {UserId} has ended: {Reason} ({Message})")]
        internal static partial void Ended(ILogger logger, string connectionId, string? userId, string reason, string message);

        [LoggerMessage(4002, LogLevel.Error, "The application failed on an event of connection {ConnectionId} of {UserId}")]
        internal static partial void EventFailed(ILogger logger, string connectionId, string? userId, Exception exception);
    }
}
