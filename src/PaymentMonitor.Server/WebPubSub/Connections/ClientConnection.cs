namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// One client of a hub, by its connection id. With a reliable subprotocol it outlives its socket: it keeps what was not acknowledged
/// and waits to be recovered. Thread-safe; its lock is shared with nobody but its own socket.
/// </summary>
internal sealed class ClientConnection
{
    private readonly WebPubSubHub _hub;
    private readonly Lock _gate = new();
    private readonly UnacknowledgedMessages? _unacknowledged;
    private Permissions _permissions;
    private HashSet<string>? _groups;
    private ClientSocket? _socket;
    private long _detachedAt;
    private Closing? _closed;

    internal ClientConnection(WebPubSubHub hub, string id, long number, string? userId, Subprotocol subprotocol, Permissions permissions)
    {
        _hub = hub;
        _detachedAt = hub.Time.GetTimestamp();
        _permissions = permissions;
        _unacknowledged = subprotocol.IsReliable ? new UnacknowledgedMessages() : null;
        Id = id;
        Number = number;
        UserId = userId;
        Subprotocol = subprotocol;
        Requests = new ClientRequests(hub, this);
    }

    internal string Id { get; }

    /// <summary>What the client asks for, and what it is answered.</summary>
    internal ClientRequests Requests { get; }

    /// <summary>Counts up with every connection of the hub.</summary>
    internal long Number { get; }

    /// <summary>Who the client is, by its token or the application's word. Null: nobody said.</summary>
    internal string? UserId { get; }

    internal Subprotocol Subprotocol { get; }

    /// <summary>It has no socket, and waits to be recovered.</summary>
    internal bool IsDetached => Volatile.Read(ref _socket) is null;

    internal bool IsOpen => Volatile.Read(ref _closed) is null;

    private HubOptions Options => _hub.Options;

    /// <summary>Gives the connection a socket: its first, or after a loss the next, which gets again whatever was not acknowledged.</summary>
    /// <returns>Null: the connection has ended meanwhile.</returns>
    internal ClientSocket? Attach(Stream stream, Action abort, string? reconnectionToken)
    {
        var socket = new ClientSocket(stream, abort, _gate, Options.CloseWait, _hub.Time);
        ClientSocket? previous;
        bool write;
        lock (_gate)
        {
            if (_closed is not null)
            {
                return null;
            }

            (previous, _socket) = (_socket, socket);
            Subprotocol.WriteConnected(socket.Queue_NeedsLock, Id, UserId, reconnectionToken);
            if (_unacknowledged is not null)
            {
                socket.Queue_NeedsLock.Append(_unacknowledged.Frames);
            }

            write = socket.StartWriting_NeedsLock();
        }

        // A client that recovers may know of its loss before this side does.
        previous?.Abort(Closing.Dropped);
        WriteIf(write, socket);
        return socket;
    }

    /// <summary>Takes note that a socket has ended. The connection ends with it unless it can be recovered.</summary>
    internal void Detach(ClientSocket socket, Closing cause)
    {
        lock (_gate)
        {
            if (_socket != socket)
            {
                return;
            }

            if (_unacknowledged is not null && cause.IsSilent && _closed is null)
            {
                _socket = null;
                _detachedAt = _hub.Time.GetTimestamp();
                return;
            }
        }

        Close(cause);
    }

    /// <summary>Sends a message. False: the connection has ended. True promises nothing beyond what the subprotocol does.</summary>
    internal bool Send(in OutgoingMessage message)
    {
        ClientSocket? socket;
        bool write;
        Closing? fault;
        lock (_gate)
        {
            if (_closed is not null)
            {
                return false;
            }

            fault = Append_NeedsLock(message);
            socket = _socket;
            write = fault is null && socket?.StartWriting_NeedsLock() is true;
        }

        WriteIf(write, socket);
        return CloseFor(fault);
    }

    /// <summary>Ends the connection for good: tells the client why, as far as it can still be told.</summary>
    /// <returns>False: it had ended already.</returns>
    internal bool Close(Closing closing)
    {
        ClientSocket? socket;
        HashSet<string>? groups;
        bool write;
        lock (_gate)
        {
            if (_closed is not null)
            {
                return false;
            }

            _closed = closing;
            (socket, groups, _groups) = (_socket, _groups, null);
            _unacknowledged?.Release();
            if (socket is { IsClosing_NeedsLock: false } && !closing.IsSilent)
            {
                Subprotocol.WriteDisconnected(socket.Queue_NeedsLock, closing.Told);
                socket.QueueClose_NeedsLock(closing.Code, closing.Name);
            }

            write = socket?.StartWriting_NeedsLock() is true;
        }

        WriteIf(write, socket);
        Requests.ConnectionEnded();
        if (closing.IsSilent || closing == Closing.SlowClient)
        {
            socket?.Abort(closing);
        }

        _hub.Ended(this, closing, groups ?? []);
        return true;
    }

    /// <summary>Joins a group on the application's word. False: the connection has ended.</summary>
    internal bool JoinGroup(string group)
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                return false;
            }

            if (!(_groups ??= new HashSet<string>(StringComparer.Ordinal)).Add(group))
            {
                return true;
            }
        }

        _hub.Groups.Add(group, this);
        if (!IsOpen)
        {
            // It ended between the two steps, and its end may not have seen the second.
            _hub.Groups.Remove(group, this);
        }

        return true;
    }

    internal void LeaveGroup(string group)
    {
        bool left;
        lock (_gate)
        {
            left = _groups?.Remove(group) is true;
        }

        if (left)
        {
            _hub.Groups.Remove(group, this);
        }
    }

    internal void LeaveAllGroups()
    {
        string[] groups;
        lock (_gate)
        {
            groups = _groups is null ? [] : [.. _groups];
        }

        foreach (var group in groups)
        {
            LeaveGroup(group);
        }
    }

    internal bool Allows(string permission, string? group) => Volatile.Read(ref _permissions).Allow(permission, group);

    internal void Grant(string permission, string? group)
    {
        lock (_gate)
        {
            _permissions = _permissions.With(permission, group);
        }
    }

    internal void Revoke(string permission, string? group)
    {
        lock (_gate)
        {
            _permissions = _permissions.Without(permission, group);
        }
    }

    /// <summary>Looks whether the time for something is over: silence, or a recovery that never came.</summary>
    internal void Sweep()
    {
        ClientSocket? socket;
        TimeSpan detached;
        lock (_gate)
        {
            socket = _socket;
            detached = socket is null ? _hub.Time.GetElapsedTime(_detachedAt) : TimeSpan.Zero;
        }

        if (socket is null)
        {
            if (detached >= Options.RecoveryWindow)
            {
                Close(Closing.Dropped);
            }
        }
        else if (socket.Silence >= Options.PingAfter)
        {
            // Silence alone is no proof: after a pause of this process everybody seems silent. An unanswered ping is.
            if (socket.Unanswered >= Options.PongWithin)
            {
                socket.Abort(Closing.PingTimeout);
            }
            else
            {
                socket.Ping();
            }
        }
    }

    /// <summary>Ends the connection for a violation of the WebSocket protocol.</summary>
    internal void Refuse(Closing violation) => Close(violation);

    /// <summary>The client has everything up to this message.</summary>
    internal void Acknowledge(ulong sequenceId)
    {
        lock (_gate)
        {
            _unacknowledged?.Acknowledge(sequenceId);
        }
    }

    /// <summary>Tells the client what became of the request with this id; one without an id is told nothing.</summary>
    internal void Ack(ulong? ackId, AckError? error)
    {
        if (ackId is { } id)
        {
            Reply(static (subprotocol, queue, ack) => subprotocol.WriteAck(queue, ack.id, ack.error), (id, error));
        }
    }

    /// <summary>The answer and its ack leave together, the answer first: who waits for the ack has the answer by then.</summary>
    internal void Answer(ulong? ackId, EventAnswer answer)
    {
        ClientSocket? socket;
        bool write;
        Closing? fault = null;
        lock (_gate)
        {
            if (_closed is not null)
            {
                return;
            }

            socket = _socket;
            if (answer.Data is { } data)
            {
                fault = Append_NeedsLock(new OutgoingMessage(answer.DataType, data.Span));
            }

            if (fault is null && ackId is { } id && socket is { IsClosing_NeedsLock: false })
            {
                Subprotocol.WriteAck(socket.Queue_NeedsLock, id, error: null);
            }

            write = fault is null && socket?.StartWriting_NeedsLock() is true;
        }

        WriteIf(write, socket);
        CloseFor(fault);
    }

    /// <summary>Queues a frame that belongs to the socket, not to the connection: it is lost with the socket.</summary>
    internal void Reply<T>(Action<Subprotocol, FrameBuffer, T> writeFrame, T state)
    {
        ClientSocket? socket;
        bool write;
        Closing? fault;
        lock (_gate)
        {
            socket = _socket;
            if (_closed is not null || socket is null or { IsClosing_NeedsLock: true })
            {
                return;
            }

            writeFrame(Subprotocol, socket.Queue_NeedsLock, state);
            fault = Overflow_NeedsLock(socket);
            write = fault is null && socket.StartWriting_NeedsLock();
        }

        WriteIf(write, socket);
        CloseFor(fault);
    }

    private Closing? Append_NeedsLock(in OutgoingMessage message)
    {
        var socket = _socket is { IsClosing_NeedsLock: false } open ? open : null;
        if (_unacknowledged is null)
        {
            if (socket is null)
            {
                return null;
            }

            Subprotocol.WriteMessage(socket.Queue_NeedsLock, sequenceId: 0, message);
            return Overflow_NeedsLock(socket);
        }

        var frame = _unacknowledged.Append(Subprotocol, message);
        if (_unacknowledged.Count > Options.MaxUnacknowledgedMessages || _unacknowledged.Bytes > Options.MaxUnacknowledgedBytes)
        {
            return Closing.Unacknowledged;
        }

        socket?.Queue_NeedsLock.Append(frame);
        return socket is null ? null : Overflow_NeedsLock(socket);
    }

    private Closing? Overflow_NeedsLock(ClientSocket socket)
    {
        return socket.Queue_NeedsLock.Length > Options.MaxQueuedBytes + (_unacknowledged?.Bytes ?? 0) ? Closing.SlowClient : null;
    }

    private bool CloseFor(Closing? fault)
    {
        if (fault is not null)
        {
            Close(fault);
        }

        return fault is null;
    }

    private static void WriteIf(bool write, ClientSocket? socket)
    {
        if (write)
        {
            socket!.Write();
        }
    }
}
