namespace PaymentMonitor.Machine;

/// <summary>
/// What recovers a connection of a reliable subprotocol after its socket is lost: its id, its token, and the last message that
/// arrived on it. The service keeps a lost connection for half a minute at least. Used by one loop at a time.
/// </summary>
internal sealed class Recovery
{
    /// <summary>For so long a recovery is worth trying.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private string? _connectionId;
    private string? _token;
    private TimeSpan? _lostAt;

    /// <summary>The highest sequence id that has arrived.</summary>
    internal ulong LastSequenceId { get; private set; }

    /// <summary>A greeting came: of a new connection, or again of a recovered one.</summary>
    internal void Greeted(string? connectionId, string? token)
    {
        if (connectionId != _connectionId)
        {
            LastSequenceId = 0;
            _token = null;
        }

        _connectionId = connectionId;
        _token = token ?? _token;
    }

    /// <summary>False: the message came before, and came again with a recovery.</summary>
    internal bool IsNew(ulong sequenceId)
    {
        if (sequenceId == 0)
        {
            return true;
        }

        var isNew = sequenceId > LastSequenceId;
        LastSequenceId = isNew ? sequenceId : LastSequenceId;
        return isNew;
    }

    internal void Opened() => _lostAt = null;

    internal void Lost(TimeSpan now) => _lostAt ??= now;

    /// <summary>The connection is gone for good.</summary>
    internal void Forget()
    {
        (_connectionId, _token, _lostAt) = (null, null, null);
        LastSequenceId = 0;
    }

    /// <returns>Where to recover the connection, or null where a new one must be made.</returns>
    internal Uri? Address(Uri url, TimeSpan now)
    {
        if (_connectionId is null || _token is null || _lostAt is not { } lostAt || now - lostAt >= Window)
        {
            Forget();
            return null;
        }

        // The protocol has them in the query and nowhere else. The token is good for this one connection, while it lives.
        var query = $"awps_connection_id={Uri.EscapeDataString(_connectionId)}&awps_reconnection_token={Uri.EscapeDataString(_token)}";
        return new UriBuilder(url) { Query = url.Query.Length > 1 ? $"{url.Query[1..]}&{query}" : query }.Uri;
    }
}
