using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Tests.Embedded;

public sealed class EmbeddedEventLogTests : EventLogContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override IEventLog Log => _store.Store.Log;

    protected override IOrders Orders => _store.Store.Orders;

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedOrdersTests : OrdersContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override IEventLog Log => _store.Store.Log;

    protected override IOrders Orders => _store.Store.Orders;

    protected override IPaymentReferences References => _store.Store.References;

    protected override DateTimeOffset Now => _store.Time.GetUtcNow();

    protected override void Advance(TimeSpan time) => _store.Time.Advance(time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedPaymentReferencesTests : PaymentReferencesContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    private IPaymentReferences References => _store.Store.References;

    protected override Task<IPaymentReferences> NewReferencesAsync() => Task.FromResult(References);

    [Fact]
    public async Task A_binding_is_on_the_disk_with_the_append_that_follows_it()
    {
        var token = TestContext.Current.CancellationToken;
        var reference = PaymentReference.Parse("R-1");
        await References.BindAsync(reference, Reports.Key("m-1", "o-1"), token);
        Assert.Equal(0, _store.Count("SELECT count(*) FROM refs"));

        await _store.Store.Log.AppendAsync(Reports.Created("m-1", "o-1", _store.Time.GetUtcNow(), "R-1"), token);

        Assert.Equal(1, _store.Count("SELECT count(*) FROM refs"));
        await _store.ReopenAsync();
        Assert.Equal(Reports.Key("m-1", "o-1"), await References.FindAsync(reference, token));
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class EmbeddedMachinesTests : MachineStoreContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<IMachineStore> NewStoreAsync() => Task.FromResult(_store.Store.Machines);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

public sealed class ArchiveFolderTests : OrderArchiveContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<IOrderArchive> NewAsync() => Task.FromResult<IOrderArchive>(new ArchiveFolder(_folder));

    protected override Task<Stream> OpenAsync(string name) => Task.FromResult<Stream>(File.OpenRead(Path.Combine(_folder, name)));
}
