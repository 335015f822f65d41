using System.Security.Claims;
using Microsoft.Extensions.Primitives;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>What the application does when something happens on a hub. Every delegate may be called concurrently for different connections.</summary>
internal sealed record HubEvents
{
    /// <summary>Asked before a connection is accepted, after its token was found good. Default: everyone with a good token comes in.</summary>
    internal Func<ConnectRequest, CancellationToken, ValueTask<ConnectAnswer>>? Connect { get; init; }

    /// <summary>A connection is open and knows its id. Its first event is read after this has returned. A recovery is not a new connection.</summary>
    internal Func<ClientConnection, ValueTask>? Connected { get; init; }

    /// <summary>
    /// A connection sent a user event. The events of one connection start in the order in which they came; the next starts without
    /// waiting for this one's answer. An exception becomes the ack <c>InternalServerError</c>, and the same ackId may then be tried again.
    /// </summary>
    internal UserEventCallback? UserEvent { get; init; }

    /// <summary>A connection has ended for good. The string is the stable name of the reason, one of <see cref="Closing"/>'s.</summary>
    internal Func<ClientConnection, string, ValueTask>? Disconnected { get; init; }
}

/// <param name="data">The event's data in its plain form: a JSON value, UTF-8 text, or bytes. It is the application's until it has answered; then the buffer is used again.</param>
internal delegate ValueTask<EventAnswer> UserEventCallback(ClientConnection connection, string eventName, MessageDataType dataType, ReadOnlyMemory<byte> data);

/// <summary>A client that wants to connect, as its token and its upgrade request say.</summary>
internal sealed record ConnectRequest
{
    /// <summary>The token's <c>sub</c>, or null for a token without one.</summary>
    internal required string? UserId { get; init; }

    internal required IReadOnlyList<Claim> Claims { get; init; }

    internal required IReadOnlyDictionary<string, StringValues> Query { get; init; }

    internal required IReadOnlyDictionary<string, StringValues> Headers { get; init; }

    /// <summary>The subprotocols that the client offers, in its order of preference.</summary>
    internal required IReadOnlyList<string> Subprotocols { get; init; }
}

/// <summary>Whether a client may connect, and as whom.</summary>
internal abstract record ConnectAnswer
{
    private ConnectAnswer()
    {
    }

    /// <summary>The client comes in. What is null here is as the token says.</summary>
    internal sealed record Accepted(string? UserId = null, IReadOnlyList<string>? Roles = null, IReadOnlyList<string>? Groups = null) : ConnectAnswer;

    /// <summary>The client is refused: the status and a named, one-sentence error answer its upgrade request.</summary>
    internal sealed record Refused(int Status, string Name, string Message) : ConnectAnswer;
}
