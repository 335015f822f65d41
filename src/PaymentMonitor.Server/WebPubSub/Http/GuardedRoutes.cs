using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>Maps REST calls so that each finds its hub and its caller's token checked: a JWT of the access key, made for the very path called.</summary>
internal sealed class GuardedRoutes(IEndpointRouteBuilder routes, Dictionary<string, WebPubSubHub> hubs)
{
    private const string Bearer = "Bearer ";

    internal void Map(string method, string pattern, Func<WebPubSubHub, HttpRequest, IResult> call)
    {
        routes.MapMethods(pattern, [method], context => ServeAsync(context, (hub, request) => ValueTask.FromResult(call(hub, request))));
    }

    /// <summary>Maps a call whose body is a message; its content type says the data type.</summary>
    internal void MapSend(string pattern, Action<WebPubSubHub, HttpRequest, MessageDataType, ReadOnlyMemory<byte>> send)
    {
        routes.MapMethods(pattern, [HttpMethods.Post], context => ServeAsync(context, async (hub, request) =>
        {
            var (message, problem) = await RestMessage.ReadAsync(request, hub.Options.MaxMessageBytes);
            if (problem is not null)
            {
                return problem;
            }

            send(hub, request, message.DataType, message.Data);
            return TypedResults.Accepted((string?)null);
        }));
    }

    private async Task ServeAsync(HttpContext context, Func<WebPubSubHub, HttpRequest, ValueTask<IResult>> call)
    {
        var result = await AnswerAsync(context.Request, call);
        await result.ExecuteAsync(context);
    }

    private async ValueTask<IResult> AnswerAsync(HttpRequest request, Func<WebPubSubHub, HttpRequest, ValueTask<IResult>> call)
    {
        var name = (string)request.RouteValues["hub"]!;
        if (!hubs.TryGetValue(name, out var hub))
        {
            return WebPubSubEndpoints.UnknownHub(hubs, name);
        }

        var header = request.Headers[HeaderNames.Authorization].ToString();
        var token = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
        if (await hub.Tokens.CheckAsync(token, CalledPath(request)) is TokenCheck.Refused { Error: var error })
        {
            hub.Metrics.Refused(error.Name);
            return Problems.Of(StatusCodes.Status401Unauthorized, error);
        }

        return request.Query.ContainsKey("filter")
            ? Problems.Of(StatusCodes.Status400BadRequest, "filter-not-supported", "OData filters are not supported here; name the users, groups or connections instead.")
            : await call(hub, request);
    }

    /// <summary>The path as it was called: <see cref="HttpRequest.Path"/> leaves an encoded slash encoded, and the token's audience does not.</summary>
    private static string CalledPath(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return Uri.UnescapeDataString(query < 0 ? target : target[..query]);
    }
}
