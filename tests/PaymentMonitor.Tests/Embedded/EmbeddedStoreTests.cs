using System.Buffers;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

public sealed class EmbeddedStoreTests : IAsyncDisposable
{
    private readonly StoreUnderTest _store = new();

    [Fact]
    public void A_commit_waits_for_the_disk()
    {
        using var database = Schema.OpenForWriting(_store.File, new StoreOptions());

        Assert.Equal("wal", database.ReadText("PRAGMA journal_mode"));
        Assert.Equal(2, database.ReadInt64("PRAGMA synchronous"));
    }

    [Fact]
    public async Task The_write_ahead_log_gives_its_disk_back_when_a_long_reader_has_ended()
    {
        const int Kept = 256 * 1024;
        const int Grown = 8 * Kept;
        await using var store = StoreUnderTest.Started(new StoreOptions { CheckpointPages = 16, JournalBytesMax = Kept });
        var log = new FileInfo(store.File + "-wal");
        var reports = 0;
        using (var reader = Database.Open(store.File, writable: false))
        {
            reader.Execute("BEGIN");
            reader.ReadInt64("SELECT count(*) FROM log");
            await ReportUntilAsync(() => log.Length > Grown);
        }

        await ReportUntilAsync(() => log.Length <= Kept);

        async Task ReportUntilAsync(Func<bool> isSo)
        {
            for (var last = reports + 2_000; !isSo(); log.Refresh())
            {
                Assert.True(reports < last, $"After {reports} reports the log has {log.Length} bytes.");
                await store.Store.Log.AppendAsync(Reports.Created("m-1", $"o-{reports++}", store.Time.GetUtcNow()), TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public void A_folder_belongs_to_one_store_at_a_time()
    {
        _store.Open();

        var e = Assert.Throws<StartupException>(() => StoreFolder.Take(_store.Folder));

        Assert.Equal("data-folder-locked", e.Name);
        Assert.Contains(_store.Folder, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_folder_can_be_taken_again()
    {
        _store.Open();
        await _store.CloseAsync();

        _store.Open();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_store.Folder, "file");
        File.WriteAllText(file, "");

        Assert.Equal("data-folder-unusable", Assert.Throws<StartupException>(() => StoreFolder.Take(Path.Combine(file, "data"))).Name);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(4096, 40_000)]
    public async Task A_damaged_file_is_named_and_not_used(int offset, int length)
    {
        await FillAsync(200);
        await using (var file = new FileStream(_store.File, FileMode.Open, FileAccess.Write))
        {
            Assert.True(file.Length > offset + length);
            file.Position = offset;
            file.Write(Enumerable.Repeat((byte)0xA5, length).ToArray());
        }

        var e = Assert.Throws<StartupException>(() => _store.Open());

        Assert.Equal("data-damaged", e.Name);
        Assert.Contains("backup", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_data_of_a_newer_version_is_left_alone()
    {
        await FillAsync(1);
        using (var database = Database.Open(_store.File, writable: true))
        {
            database.Execute("PRAGMA user_version = 99");
        }

        Assert.Equal("data-newer", Assert.Throws<StartupException>(() => _store.Open()).Name);
    }

    [Fact]
    public async Task Orders_of_the_first_schema_go_on_where_they_were()
    {
        await FillAsync(2);
        WriteAsTheFirstSchemaDid();

        await _store.ReopenAsync();
        var untouched = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", "o-0"), TestContext.Current.CancellationToken);
        await _store.Store.Log.AppendAsync(
            Reports.Of("m-1", "o-1", "shipped", new OrderEvent.ShipmentCompleted(), _store.Time.GetUtcNow()), TestContext.Current.CancellationToken);
        var changed = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", "o-1"), TestContext.Current.CancellationToken);

        Assert.Equal(OrderStatus.ShipmentAllowed, untouched!.Status);
        Assert.Equal((OrderStatus.Completed, 2), (changed!.Status, changed.Version));
        Assert.Equal(1, _store.Count("SELECT count(*) FROM orders WHERE substr(document, 1, 1) = x'7B'"));
        Assert.Equal(2, _store.Count("PRAGMA user_version"));
    }

    [Fact]
    public async Task What_was_kept_is_there_after_a_restart()
    {
        await FillAsync(20);

        await _store.ReopenAsync();

        var order = await _store.Store.Orders.ReadAsync(Reports.Key("m-1", "o-7"), TestContext.Current.CancellationToken);
        Assert.Equal(1, order?.Version);
        Assert.Equal(20 + 20 + 20, _store.Count("SELECT max(position) FROM log"));
    }

    [Fact]
    public async Task Time_goes_on_behind_the_newest_arrival_even_if_the_clock_was_set_back()
    {
        await FillAsync(1);
        var newest = _store.Count("SELECT max(receivedAt) FROM log");
        await using var later = new LaterStore(_store.Folder, _store.Time.GetUtcNow().AddHours(-1));

        await later.AppendAsync();

        Assert.Equal(newest, _store.Count("SELECT receivedAt FROM log ORDER BY position DESC LIMIT 1"));
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private void WriteAsTheFirstSchemaDid()
    {
        using var database = Database.Open(_store.File, writable: true);
        using var read = database.Prepare("SELECT document, id FROM orders");
        var orders = StoreReader.All(read, row => (Order: StoreReader.ReadOrder(row), RowId: row.Int64(1)));
        foreach (var (order, rowId) in orders)
        {
            var json = new ArrayBufferWriter<byte>();
            OrderDocument.Write(json, order);
            using var write = database.Prepare("UPDATE orders SET document = ?1 WHERE id = ?2");
            write.Bind(1, json.WrittenSpan).Bind(2, rowId).Run();
        }

        database.Execute("PRAGMA user_version = 1");
    }

    // Created, paid, and with it the recorded verdict: three rows an order.
    private async Task FillAsync(int orders)
    {
        _store.Open().Start();
        for (var i = 0; i < orders; i++)
        {
            await _store.Store.Log.AppendAsync(Reports.Created("m-1", $"o-{i}", _store.Time.GetUtcNow()), TestContext.Current.CancellationToken);
            await _store.Store.Log.AppendAsync(Reports.Paid("m-1", $"o-{i}", _store.Time.GetUtcNow()), TestContext.Current.CancellationToken);
        }

        await _store.CloseAsync();
    }

    /// <summary>The same folder under another clock.</summary>
    private sealed class LaterStore : IAsyncDisposable
    {
        private readonly StoreUnderTest _clock = new();
        private readonly EmbeddedStore _store;

        internal LaterStore(string folder, DateTimeOffset now)
        {
            var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(now);
            _store = EmbeddedStore.Open(
                folder,
                new Pipeline.OrderWorkflow(Domain.OrderOptions.Default),
                new StoreOptions(),
                time,
                _clock.Meters,
                Microsoft.Extensions.Logging.Abstractions.NullLogger<EmbeddedStore>.Instance);
            _store.Start();
        }

        internal ValueTask AppendAsync() => _store.Log.AppendAsync(Reports.Created("m-9", "o-9", DateTimeOffset.UnixEpoch), TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _store.DisposeAsync();
            await _clock.DisposeAsync();
        }
    }
}
