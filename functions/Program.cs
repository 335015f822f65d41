using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

namespace PaymentMonitor.Functions;

internal static class Program
{
    private static void Main(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddPaymentMonitor(builder.Configuration);
        builder.Services.AddAzureMonitor(builder.Configuration);
        builder.Build().Run();
    }
}
