using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Api;

namespace PaymentMonitor.Functions;

/// <summary>
/// The HTTP API of every host, as one request delegate. The Functions host routes to functions, so one function takes every path
/// and the API's own routing goes on from there, with its authentication, its roles and its problem details.
/// </summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate _run;

    public ApiPipeline(IServiceProvider services, AppSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var app = new ApplicationBuilder(services);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseEndpoints(routes =>
        {
            routes.MapHttpApi(hasProvider: settings.ProviderSecret is not null);
            routes.MapOpenApi().RequireAuthorization(Roles.Reader);
            var health = services.GetRequiredService<Health>();
            routes.MapGet("/healthz", (CancellationToken cancellationToken) => health.CheckAsync(cancellationToken)).AllowAnonymous();
        });
        _run = app.Build();
    }

    public Task RunAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        // The context comes with the endpoint and the route values of the function that takes every path.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        return _run(context);
    }
}
