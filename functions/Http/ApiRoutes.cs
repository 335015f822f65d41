using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace PaymentMonitor.Functions;

/// <summary>Every route of the HTTP API. Who may call what is decided by the API, for every host alike.</summary>
public sealed class ApiRoutes(ApiPipeline pipeline)
{
    [Function(nameof(ApiRoutes))]
    public Task RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "{*path}")] HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return pipeline.RunAsync(request.HttpContext);
    }
}
