// Stand-ins for Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore 2.1: signatures only. They follow
// Azure/azure-functions-dotnet-worker, extensions/Worker.Extensions.Http.AspNetCore/src.

namespace Microsoft.Azure.Functions.Worker.Builder;

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => throw new NotSupportedException();
}
