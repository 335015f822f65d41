using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

/// <summary>A real store in a folder of its own, with a clock that the test owns. It can be closed and opened again.</summary>
public sealed class StoreUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private EmbeddedStore? _store;

    internal StoreUnderTest()
    {
        Folder = Directory.CreateTempSubdirectory("paymentmonitor-test-").FullName;
    }

    internal string Folder { get; }

    internal string File => Path.Combine(Folder, "paymentmonitor.db");

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    internal StoreOptions Options { get; init; } = new();

    internal OrderOptions Rules { get; set; } = OrderOptions.Default;

    internal IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    internal EmbeddedStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    internal static StoreUnderTest Started(StoreOptions? options = null)
    {
        var store = new StoreUnderTest { Options = options ?? new StoreOptions() };
        store.Open();
        store.Store.Start();
        return store;
    }

    internal EmbeddedStore Open()
    {
        return _store = EmbeddedStore.Open(Folder, new OrderWorkflow(Rules), Options, Time, Meters, NullLogger<EmbeddedStore>.Instance);
    }

    internal async Task ReopenAsync()
    {
        await CloseAsync();
        Open();
        Store.Start();
    }

    internal async Task CloseAsync()
    {
        if (_store is { } store)
        {
            _store = null;
            await store.DisposeAsync();
        }
    }

    internal long Count(string sql)
    {
        using var database = Database.Open(File, writable: false);
        return database.ReadInt64(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _services.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
