using System.Globalization;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>The REST calls of Web PubSub's data plane, as Microsoft's server SDKs make them. Any <c>api-version</c> will do.</summary>
internal static class RestCalls
{
    private const int MaxMinutesToExpire = 60 * 24 * 30;
    private const int DefaultMinutesToExpire = 60;

    internal static void Map(IEndpointRouteBuilder routes, Dictionary<string, WebPubSubHub> hubs)
    {
        routes.MapMethods("/api/health", [HttpMethods.Head, HttpMethods.Get], () => TypedResults.Ok());

        var calls = new GuardedRoutes(routes.MapGroup("/api/hubs/{hub}"), hubs);
        MapSending(calls);
        MapPresence(calls);
        MapClosing(calls);
        MapGroups(calls);
        MapPermissions(calls);
        calls.Map(HttpMethods.Post, "/:generateToken", GenerateToken);
    }

    private static void MapSending(GuardedRoutes calls)
    {
        calls.MapSend("/:send", (hub, request, dataType, data) => hub.SendToAll(dataType, data.Span, Excluded(request)));
        calls.MapSend("/users/{user}/:send", (hub, request, dataType, data) => hub.SendToUser(Route(request, "user"), dataType, data.Span));
        calls.MapSend("/connections/{connection}/:send", (hub, request, dataType, data) => hub.SendToConnection(Route(request, "connection"), dataType, data.Span));
        calls.MapSend("/groups/{group}/:send", (hub, request, dataType, data) =>
            hub.SendToGroup(Route(request, "group"), new OutgoingMessage(dataType, data.Span, Route(request, "group")), Excluded(request)));
    }

    private static void MapPresence(GuardedRoutes calls)
    {
        calls.Map(HttpMethods.Head, "/users/{user}", (hub, request) => Exists(hub.HasUser(Route(request, "user"))));
        calls.Map(HttpMethods.Head, "/groups/{group}", (hub, request) => Exists(hub.HasGroup(Route(request, "group"))));
        calls.Map(HttpMethods.Head, "/connections/{connection}", (hub, request) => Exists(hub.Find(Route(request, "connection")) is not null));
    }

    private static void MapClosing(GuardedRoutes calls)
    {
        calls.Map(HttpMethods.Post, "/:closeConnections", (hub, request) =>
            Closed(hub.CloseAll(Reason(request), Excluded(request))));
        calls.Map(HttpMethods.Post, "/users/{user}/:closeConnections", (hub, request) =>
            Closed(hub.CloseUser(Route(request, "user"), Reason(request), Excluded(request))));
        calls.Map(HttpMethods.Post, "/groups/{group}/:closeConnections", (hub, request) =>
            Closed(hub.CloseGroup(Route(request, "group"), Reason(request), Excluded(request))));
        calls.Map(HttpMethods.Delete, "/connections/{connection}", (hub, request) =>
            Closed(hub.CloseConnection(Route(request, "connection"), Reason(request)) ? 1 : 0));
    }

    private static void MapGroups(GuardedRoutes calls)
    {
        calls.Map(HttpMethods.Put, "/users/{user}/groups/{group}", (hub, request) =>
            ForEachOfUser(hub, request, connection => connection.JoinGroup(Route(request, "group")), TypedResults.Ok()));
        calls.Map(HttpMethods.Delete, "/users/{user}/groups/{group}", (hub, request) =>
            ForEachOfUser(hub, request, connection => connection.LeaveGroup(Route(request, "group")), TypedResults.NoContent()));
        calls.Map(HttpMethods.Delete, "/users/{user}/groups", (hub, request) =>
            ForEachOfUser(hub, request, connection => connection.LeaveAllGroups(), TypedResults.NoContent()));
        calls.Map(HttpMethods.Put, "/groups/{group}/connections/{connection}", (hub, request) =>
            hub.Find(Route(request, "connection"))?.JoinGroup(Route(request, "group")) is true ? TypedResults.Ok() : UnknownConnection());
        calls.Map(HttpMethods.Delete, "/groups/{group}/connections/{connection}", (hub, request) =>
            ForConnection(hub, request, connection => connection.LeaveGroup(Route(request, "group")), TypedResults.NoContent()));
        calls.Map(HttpMethods.Delete, "/connections/{connection}/groups", (hub, request) =>
            ForConnection(hub, request, connection => connection.LeaveAllGroups(), TypedResults.NoContent()));
    }

    private static void MapPermissions(GuardedRoutes calls)
    {
        const string Pattern = "/permissions/{permission}/connections/{connection}";
        calls.Map(HttpMethods.Put, Pattern, (hub, request) => Permission(hub, request, (connection, permission, group) =>
        {
            connection.Grant(permission, group);
            return TypedResults.Ok();
        }));
        calls.Map(HttpMethods.Delete, Pattern, (hub, request) => Permission(hub, request, (connection, permission, group) =>
        {
            connection.Revoke(permission, group);
            return TypedResults.NoContent();
        }));
        calls.Map(HttpMethods.Head, Pattern, (hub, request) => Permission(hub, request, (connection, permission, group) =>
            Exists(connection.Allows(permission, group))));
    }

    private static IResult GenerateToken(WebPubSubHub hub, HttpRequest request)
    {
        var minutes = DefaultMinutesToExpire;
        if (Query(request, "minutesToExpire") is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out minutes) || minutes is < 1 or > MaxMinutesToExpire))
        {
            return Problems.Invalid("minutesToExpire", $"a whole number from 1 to {MaxMinutesToExpire}");
        }

        var endpoint = new Uri(UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase));
        var token = hub.Tokens.ForClient(
            endpoint, hub.Name, Query(request, "userId"), TimeSpan.FromMinutes(minutes), request.Query["role"].OfType<string>(), request.Query["group"].OfType<string>());
        return TypedResults.Text($$"""{"token":"{{token}}"}""", "application/json");
    }

    private static IResult Permission(WebPubSubHub hub, HttpRequest request, Func<ClientConnection, string, string?, IResult> apply)
    {
        var permission = Route(request, "permission") switch
        {
            "joinLeaveGroup" => Permissions.JoinLeaveGroup,
            "sendToGroup" => Permissions.SendToGroup,
            _ => null,
        };
        if (permission is null)
        {
            return Problems.Invalid("permission", "joinLeaveGroup or sendToGroup");
        }

        return hub.Find(Route(request, "connection")) is { } connection
            ? apply(connection, permission, Query(request, "targetName"))
            : UnknownConnection();
    }

    private static IResult ForEachOfUser(WebPubSubHub hub, HttpRequest request, Action<ClientConnection> change, IResult done)
    {
        foreach (var connection in hub.OfUser(Route(request, "user")))
        {
            change(connection);
        }

        return done;
    }

    /// <summary>Done as well where the connection is not there: that it is not in the group is then true.</summary>
    private static IResult ForConnection(WebPubSubHub hub, HttpRequest request, Action<ClientConnection> change, IResult done)
    {
        if (hub.Find(Route(request, "connection")) is { } connection)
        {
            change(connection);
        }

        return done;
    }

    private static ProblemHttpResult UnknownConnection()
    {
        return Problems.Of(StatusCodes.Status404NotFound, "unknown-connection", "There is no connection with this id.");
    }

    private static IResult Exists(bool exists) => exists ? TypedResults.Ok() : TypedResults.NotFound();

    /// <summary>Closing answers the same whether or not there was anything to close.</summary>
    private static NoContent Closed(int count)
    {
        _ = count;
        return TypedResults.NoContent();
    }

    /// <summary>A name in the path. Routing decodes it all but for an encoded slash.</summary>
    private static string Route(HttpRequest request, string name)
    {
        return ((string)request.RouteValues[name]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }

    private static string? Query(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    private static string Reason(HttpRequest request) => Query(request, "reason") ?? "The connection was closed by the server.";

    private static string[] Excluded(HttpRequest request) => [.. request.Query["excluded"].OfType<string>()];
}
