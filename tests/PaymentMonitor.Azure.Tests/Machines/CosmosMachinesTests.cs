using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

public sealed class CosmosMachinesTests(CosmosServer server) : MachineStoreContract
{
    protected override async Task<IMachineStore> NewStoreAsync() => new CosmosMachines(await server.NewDatabaseAsync());
}
