namespace PaymentMonitor.Server.WebPubSub;

/// <summary>The routes of the Web PubSub-compatible endpoint.</summary>
internal static class WebPubSubEndpoints
{
    /// <summary>
    /// Maps <c>/client</c> and the REST calls under <c>/api/hubs</c> for these hubs. When the application stops, their clients are told
    /// and closed, so that the host need not wait for them.
    /// </summary>
    internal static void MapWebPubSub(this IEndpointRouteBuilder routes, params WebPubSubHub[] hubs)
    {
        var byName = hubs.ToDictionary(hub => hub.Name, StringComparer.OrdinalIgnoreCase);
        var group = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        // Past all that other requests go through: a connection would hold its state as long as it lives, and needs none of it.
        group.Map("/client/hubs/{hub}", context => ServeAsync(context, byName, (string)context.Request.RouteValues["hub"]!)).ShortCircuit();
        group.Map("/client", context => ServeAsync(context, byName, context.Request.Query["hub"].ToString())).ShortCircuit();
        RestCalls.Map(group, byName);

        routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() =>
        {
            foreach (var hub in hubs)
            {
                hub.BeginShutdown();
            }
        });
    }

    private static Task ServeAsync(HttpContext context, Dictionary<string, WebPubSubHub> hubs, string name)
    {
        return hubs.TryGetValue(name, out var hub)
            ? ClientEndpoint.ServeAsync(context, hub)
            : UnknownHub(hubs, name).ExecuteAsync(context);
    }

    internal static IResult UnknownHub(Dictionary<string, WebPubSubHub> hubs, string name)
    {
        foreach (var hub in hubs.Values.Take(1))
        {
            hub.Metrics.Refused("unknown-hub");
        }

        return Problems.Of(StatusCodes.Status404NotFound, "unknown-hub", $"There is no hub '{name}' here; there are {string.Join(", ", hubs.Keys)}.");
    }
}
