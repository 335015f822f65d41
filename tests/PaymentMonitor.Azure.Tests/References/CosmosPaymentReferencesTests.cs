using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

public sealed class CosmosPaymentReferencesTests(CosmosServer server) : PaymentReferencesContract
{
    protected override async Task<IPaymentReferences> NewReferencesAsync() => new CosmosPaymentReferences(await server.NewDatabaseAsync());
}
