namespace PaymentMonitor.Server.WebPubSub;

/// <summary>The limits of one hub. The defaults are Azure Web PubSub's where it documents one.</summary>
internal sealed record HubOptions
{
    /// <summary>The hub's name in addresses and tokens.</summary>
    internal required string Name { get; init; }

    /// <summary>A longer WebSocket message closes its connection (1009, <c>message-too-large</c>). Default 1 MB.</summary>
    internal int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>An event with more data closes its connection (1009, <c>event-too-large</c>). Default 64 KB.</summary>
    internal int MaxEventBytes { get; init; } = 64 * 1024;

    /// <summary>So many events of one connection may wait for the application; then the connection is not read until one is answered.</summary>
    internal int MaxEventsInFlight { get; init; } = 64;

    /// <summary>So many bytes may wait for one socket to take them; more close it as <c>slow-client</c>. Default 4 MB.</summary>
    internal int MaxQueuedBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>So many messages of a reliable connection may be without a sequenceAck; more close it as <c>unacknowledged</c>.</summary>
    internal int MaxUnacknowledgedMessages { get; init; } = 1000;

    /// <summary>The same limit in bytes. Default 16 MB.</summary>
    internal int MaxUnacknowledgedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a reliable connection without a socket waits to be recovered. Azure promises 30 s at least.</summary>
    internal TimeSpan RecoveryWindow { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>A socket that was silent for so long gets a WebSocket ping.</summary>
    internal TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A socket that leaves a ping unanswered for so long is taken for lost. With <see cref="PingAfter"/> and two sweeps that is within a minute.</summary>
    internal TimeSpan PongWithin { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a closed socket waits for the client's own close frame.</summary>
    internal TimeSpan CloseWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often silence, overdue closes and overdue recoveries are looked for.</summary>
    internal TimeSpan SweepEvery { get; init; } = TimeSpan.FromSeconds(2.5);
}
