using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>Where clients connect: <c>/client/hubs/{hub}</c> and <c>/client/?hub=</c>. Every refusal before the handshake is a named problem.</summary>
internal static class ClientEndpoint
{
    private const string Bearer = "Bearer ";

    internal static async Task ServeAsync(HttpContext context, WebPubSubHub hub)
    {
        // Who connects is looked up in the store, which is nothing for a thread that serves sockets.
        await Task.Yield();
        if (Screen(context, hub, out var subprotocol) is { } fault)
        {
            await RefuseAsync(context, hub, fault);
            return;
        }

        var query = context.Request.Query;
        if (query["awps_connection_id"].ToString() is { Length: > 0 } connectionId)
        {
            await RecoverAsync(context, hub, subprotocol, connectionId, query["awps_reconnection_token"].ToString());
            return;
        }

        var answer = await AdmitAsync(context, hub);
        if (answer is ConnectAnswer.Refused refusal)
        {
            await RefuseAsync(context, hub, refusal);
            return;
        }

        var stream = await AcceptAsync(context, subprotocol);
        var connection = hub.Open((ConnectAnswer.Accepted)answer, subprotocol);
        await RunAsync(connection, stream, Abort(context), hub, isNew: true);
    }

    /// <summary>What can be said before anybody is asked who they are.</summary>
    private static ConnectAnswer.Refused? Screen(HttpContext context, WebPubSubHub hub, out Subprotocol subprotocol)
    {
        subprotocol = Subprotocol.None;
        if (hub.IsShuttingDown)
        {
            return new(StatusCodes.Status503ServiceUnavailable, Closing.ShuttingDown.Name, Closing.ShuttingDown.Message);
        }

        if (!WebSocketHandshake.IsRequested(context))
        {
            return new(StatusCodes.Status400BadRequest, "not-a-websocket", "This address takes WebSocket connections only (version 13).");
        }

        var offered = WebSocketHandshake.Subprotocols(context);
        if (Subprotocol.Choose(offered) is not { } chosen)
        {
            var known = string.Join(", ", Subprotocol.Named.Select(known => known.Name));
            return new(StatusCodes.Status400BadRequest, "unknown-subprotocol", $"None of the offered subprotocols is known; there are {known}, or none at all.");
        }

        subprotocol = chosen;
        return null;
    }

    /// <summary>Whether the client may come in; if so, with nothing left open as to who it is.</summary>
    private static async ValueTask<ConnectAnswer> AdmitAsync(HttpContext context, WebPubSubHub hub)
    {
        var check = await hub.Tokens.CheckAsync(Token(context.Request), WebPubSubTokens.ClientPath(hub.Name));
        if (check is TokenCheck.Refused { Error: var error })
        {
            return new ConnectAnswer.Refused(StatusCodes.Status401Unauthorized, error.Name, error.Message);
        }

        var token = (TokenCheck.Good)check;
        var answer = await AskAsync(context, hub, token);
        return answer is ConnectAnswer.Accepted accepted
            ? new ConnectAnswer.Accepted(accepted.UserId ?? token.UserId, accepted.Roles ?? [.. token.Roles], accepted.Groups ?? [.. token.Groups])
            : answer;
    }

    private static async ValueTask<ConnectAnswer> AskAsync(HttpContext context, WebPubSubHub hub, TokenCheck.Good token)
    {
        if (hub.Events.Connect is not { } connect)
        {
            return new ConnectAnswer.Accepted();
        }

        var request = new ConnectRequest
        {
            UserId = token.UserId,
            Claims = [.. token.Token.Claims],
            Query = context.Request.Query.ToDictionary(),
            Headers = context.Request.Headers.ToDictionary(),
            Subprotocols = WebSocketHandshake.Subprotocols(context),
        };
        return await connect(request, context.RequestAborted);
    }

    private static async Task RecoverAsync(HttpContext context, WebPubSubHub hub, Subprotocol subprotocol, string connectionId, string token)
    {
        var stream = await AcceptAsync(context, subprotocol);
        if (hub.Tokens.IsForRecovery(connectionId, token)
            && hub.Find(connectionId) is { } connection
            && connection.Subprotocol == subprotocol
            && await RunAsync(connection, stream, Abort(context), hub, isNew: false))
        {
            return;
        }

        // Only a close frame tells a client to give up; an HTTP status would have it try again for its 30 seconds.
        hub.Metrics.Refused(Closing.RecoveryFailed.Name);
        await RefuseRecoveryAsync(new ClientSocket(stream, Abort(context), new Lock(), hub.Options.CloseWait, hub.Time), hub.Options.MaxMessageBytes);
    }

    private static async ValueTask<Stream> AcceptAsync(HttpContext context, Subprotocol subprotocol)
    {
        var stream = await WebSocketHandshake.AcceptAsync(context, subprotocol.Name);

        // The request lives as long as the connection: its address with the token in it, and its headers, would be held for nothing.
        context.Request.Query = QueryCollection.Empty;
        context.Request.Headers.Clear();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "";
        return stream;
    }

    /// <summary>Cuts the connection. The feature may be called at any time, the context only while the request is served.</summary>
    private static Action Abort(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort;

    private static async Task RefuseRecoveryAsync(ClientSocket socket, int maxMessageBytes)
    {
        socket.CloseWith(Closing.RecoveryFailed);
        await socket.ReadAsync(maxMessageBytes, static (_, _) => null, static _ => { });
        await socket.DrainAsync();
    }

    /// <summary>Serves a connection on a socket until that ends. False: the connection had ended before.</summary>
    private static async Task<bool> RunAsync(ClientConnection connection, Stream stream, Action abort, WebPubSubHub hub, bool isNew)
    {
        var reconnectionToken = connection.Subprotocol.IsReliable ? hub.Tokens.ForRecovery(connection.Id) : null;
        if (connection.Attach(stream, abort, reconnectionToken) is not { } socket)
        {
            return false;
        }

        if (!isNew)
        {
            hub.Metrics.Recovered();
        }
        else
        {
            await hub.ConnectedAsync(connection);
        }

        var cause = await socket.ReadAsync(hub.Options.MaxMessageBytes, connection.Requests.Receive, connection.Refuse);
        connection.Detach(socket, cause);
        await socket.DrainAsync();
        return true;
    }

    private static async Task RefuseAsync(HttpContext context, WebPubSubHub hub, ConnectAnswer.Refused refused)
    {
        hub.Metrics.Refused(refused.Name);
        await Problems.Of(refused.Status, refused.Name, refused.Message).ExecuteAsync(context);
    }

    private static string? Token(HttpRequest request)
    {
        var header = request.Headers[HeaderNames.Authorization].ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : request.Query["access_token"].ToString();
    }
}
