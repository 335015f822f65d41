using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>
/// The HTTP API, once for every host: the embedded server and the Functions app serve the same routes with the same handlers. A host
/// brings its way of authentication, whose principals carry the roles of <see cref="Roles"/>, and its adapters of the ports.
/// </summary>
internal static class HttpApi
{
    /// <param name="hostTypes">JSON of the routes that only this host has.</param>
    internal static IServiceCollection AddHttpApi(this IServiceCollection services, params ReadOnlySpan<IJsonTypeInfoResolver> hostTypes)
    {
        IJsonTypeInfoResolver[] resolvers = [ApiJson.Default, .. hostTypes];
        services.AddSingleton<NegotiateApi>();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.ConfigureHttpJsonOptions(json =>
        {
            for (var i = 0; i < resolvers.Length; i++)
            {
                json.SerializerOptions.TypeInfoResolverChain.Insert(i, resolvers[i]);
            }
        });
        services.AddAuthorizationBuilder()
            .AddPolicy(Roles.Reader, policy => policy.RequireRole(Roles.Reader, Roles.Integrator, Roles.Operator))
            .AddPolicy(Roles.Integrator, policy => policy.RequireRole(Roles.Integrator, Roles.Operator))
            .AddPolicy(Roles.Operator, policy => policy.RequireRole(Roles.Operator));
        return services;
    }

    /// <param name="hasProvider">Whether the secret of the payment provider's callbacks is configured.</param>
    internal static void MapHttpApi(this IEndpointRouteBuilder routes, bool hasProvider)
    {
        NegotiateApi.Map(routes);
        routes.MapOrders();
        routes.MapResolve();
        routes.MapRefunds();
        routes.MapMachines();
        routes.MapOperationsPage();
        routes.MapDeadLetters();
        routes.MapRisk();
        routes.MapProgress();
        if (routes.ServiceProvider.GetService<WebhookOptions>() is not null)
        {
            routes.MapWebhooks();
            routes.MapDeliveries();
        }

        if (hasProvider)
        {
            routes.MapProvider();
        }
    }
}
