namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// Why a connection ends. The name is stable: it is the close frame's reason, the metric's tag and what the application is told;
/// the message is for people and goes out in the <c>disconnected</c> frame.
/// </summary>
/// <param name="Code">The WebSocket close code. 1008 tells Microsoft's clients that recovering is pointless.</param>
internal sealed record Closing(ushort Code, string Name, string Message)
{
    internal const string TooLarge = "message-too-large";

    internal static readonly Closing ByClient = new(1000, "normal", "The client closed the connection.");

    internal static readonly Closing Dropped = new(1006, "dropped", "The socket was lost without a close frame.");

    internal static readonly Closing PingTimeout = new(1006, "ping-timeout", "Nothing was heard from the client for too long.");

    internal static readonly Closing SlowClient =
        new(1008, "slow-client", "The client reads more slowly than messages come, and the queue of its connection is full.");

    internal static readonly Closing Unacknowledged =
        new(1008, "unacknowledged", "The client left too many messages without a sequenceAck (at most 1,000 messages or 16 MB).");

    internal static readonly Closing RecoveryFailed =
        new(1008, "recovery-failed", "The connection to recover is not known any more, or its reconnection token is wrong; make a new connection.");

    internal static readonly Closing ShuttingDown = new(1001, "server-shutdown", "The server is shutting down; connect again.");

    internal static readonly Closing UnmaskedFrame = new(1002, "protocol-error", "A client must mask its WebSocket frames.");

    internal static readonly Closing NotUtf8 = new(1007, "not-utf8", "A text frame must be valid UTF-8.");

    internal static Closing ByApplication(string reason) => new(1008, "closed-by-application", reason);

    internal static Closing ProtocolError(string message) => new(1002, "protocol-error", message);

    internal static Closing Malformed(string message) => new(1008, "malformed-frame", message);

    internal static Closing MessageTooLarge(int maxBytes) => new(1009, TooLarge, $"A message may have at most {maxBytes} bytes.");

    internal static Closing EventTooLarge(int maxBytes) => new(1009, "event-too-large", $"The data of an event may have at most {maxBytes} bytes.");

    /// <summary>Nobody can be told any more: there is no close frame for it.</summary>
    internal bool IsSilent => Code == 1006;

    /// <summary>The client did something wrong, and it is counted as a refusal.</summary>
    internal bool IsRefusal => Code is 1002 or 1007 or 1009 || Name is "malformed-frame" or "recovery-failed";

    /// <summary>What the client reads: the sentence, with its name in front where the client is to mend something.</summary>
    internal string Told => IsRefusal ? $"{Name}: {Message}" : Message;
}
