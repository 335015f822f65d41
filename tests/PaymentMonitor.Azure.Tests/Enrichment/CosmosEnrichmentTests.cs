using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

public sealed class CosmosCouponsTests(CosmosServer server) : CouponsContract
{
    protected override async Task<ICoupons> NewAsync() => new CosmosCoupons(await server.NewDatabaseAsync());
}

public sealed class CosmosParkedCallbacksTests(CosmosServer server) : ParkedCallbacksContract
{
    protected override async Task<IParkedCallbacks> NewAsync() => new CosmosParkedCallbacks(await server.NewDatabaseAsync());
}

public sealed class CosmosRiskBookTests(CosmosServer server) : RiskBookContract
{
    protected override async Task<IRiskBook> NewAsync() => new CosmosRiskBook(await server.NewDatabaseAsync());
}

public sealed class CosmosProgressTests(CosmosServer server) : MachineProgressContract
{
    protected override async Task<IMachineProgress> NewAsync() => new CosmosProgress(await server.NewDatabaseAsync());
}
