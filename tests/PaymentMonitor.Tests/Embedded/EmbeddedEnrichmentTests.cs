using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Tests.Embedded;

public sealed class EmbeddedCouponsTests : CouponsContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<ICoupons> NewAsync() => Task.FromResult(_store.Store.Coupons);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedParkedCallbacksTests : ParkedCallbacksContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<IParkedCallbacks> NewAsync() => Task.FromResult(_store.Store.Parked);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedRiskBookTests : RiskBookContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<IRiskBook> NewAsync() => Task.FromResult(_store.Store.Risk);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedProgressTests : MachineProgressContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<IMachineProgress> NewAsync() => Task.FromResult(_store.Store.Progress);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
