using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using Parquet.Serialization;

namespace PaymentMonitor.Testing;

/// <summary>What the archive promises, wherever its files are.</summary>
public abstract class OrderArchiveContract
{
    private static readonly DateOnly Day = new(2026, 3, 1);
    private static readonly DateTimeOffset Written = new(2026, 3, 2, 0, 10, 0, TimeSpan.Zero);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_is_written_with_the_moment_from_which_on_changes_may_be_missing()
    {
        var archive = await NewAsync();

        Assert.Null(await archive.WrittenAtAsync(Day, Token));
        Assert.Equal(2, await archive.WriteDayAsync(Day, Orders("o-1", "o-2"), Written, Token));

        Assert.Equal(Written, await archive.WrittenAtAsync(Day, Token));
        Assert.Equal(["o-1", "o-2"], await OrdersInAsync("orders/date=2026-03-01/orders.parquet"));
    }

    [Fact]
    public async Task A_day_that_is_written_again_is_replaced()
    {
        var archive = await NewAsync();
        await archive.WriteDayAsync(Day, Orders("o-1"), Written, Token);

        await archive.WriteDayAsync(Day, Orders("o-1", "o-3"), Written.AddDays(1), Token);

        Assert.Equal(Written.AddDays(1), await archive.WrittenAtAsync(Day, Token));
        Assert.Equal(["o-1", "o-3"], await OrdersInAsync("orders/date=2026-03-01/orders.parquet"));
    }

    [Fact]
    public async Task What_comes_late_stands_beside_its_day()
    {
        var archive = await NewAsync();
        await archive.WriteDayAsync(Day, Orders("o-1"), Written, Token);

        Assert.Equal(1, await archive.AddLateAsync(Day, [New("o-9")], Written.AddHours(1), Token));

        Assert.Equal(Written, await archive.WrittenAtAsync(Day, Token));
        Assert.Equal(["o-9"], await OrdersInAsync($"orders/date=2026-03-01/late-{Written.AddHours(1).ToUnixTimeMilliseconds()}-0.parquet"));
    }

    [Fact]
    public async Task A_day_without_orders_has_no_file()
    {
        var archive = await NewAsync();

        Assert.Equal(0, await archive.WriteDayAsync(Day, Orders(), Written, Token));

        Assert.Null(await archive.WrittenAtAsync(Day, Token));
    }

    [Fact]
    public async Task A_day_is_written_when_it_is_over_and_for_good_a_day_later()
    {
        var archive = await NewAsync();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(ArchiveDays.EndOf(Day).AddMinutes(-1));
        var days = new ArchiveDays(archive, clock);
        var asked = new List<DateOnly>();

        async Task<IReadOnlyList<ArchivedDay>> RunAsync() => await days.RunAsync(Day, day => { asked.Add(day); return Orders("o-1"); }, Token);

        Assert.Empty(await RunAsync());
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([new ArchivedDay(Day, 1)], await RunAsync());
        Assert.Empty(await RunAsync());
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal([new ArchivedDay(Day, 1), new ArchivedDay(Day.AddDays(1), 1)], await RunAsync());
        Assert.Equal([Day, Day, Day.AddDays(1)], asked);
    }

    protected abstract Task<IOrderArchive> NewAsync();

    /// <summary>The bytes of a file of the archive that was made last.</summary>
    protected abstract Task<Stream> OpenAsync(string name);

    private static Order New(string id) => Reports.After(Reports.Created(Reports.Key("m-1", id), Reports.Noon));

    private static async IAsyncEnumerable<Order> Orders(params string[] ids)
    {
        foreach (var id in ids)
        {
            await Task.Yield();
            yield return New(id);
        }
    }

    private async Task<IEnumerable<string>> OrdersInAsync(string name)
    {
        await using var stream = await OpenAsync(name);
        return (await ParquetSerializer.DeserializeAsync<Row>(stream, cancellationToken: Token)).Data.Select(row => row.OrderId!);
    }

    /// <summary>One column is enough to know the rows by.</summary>
    public sealed class Row
    {
        public string? OrderId { get; set; }
    }
}
