using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every keeper of the machines' progress must do.</summary>
public abstract class MachineProgressContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly MachineId Machine = MachineId.Parse("m-1");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IMachineProgress> NewAsync();

    [Fact]
    public async Task Progress_is_read_as_it_was_written()
    {
        var store = await NewAsync();
        var progress = new MachineProgress(Machine);
        progress.Announce(new SeenUpTo(7, 3), Noon);
        Assert.Null(await store.ReadAsync(Machine, Stop));

        Assert.True(await store.TryWriteAsync(progress, Stop));

        var read = await store.ReadAsync(Machine, Stop);
        Assert.Equal((1, Noon, 7L), (read!.Revision, read.LastSeenAt, Assert.Single(read.Boots).Boot));
    }

    [Fact]
    public async Task Of_two_that_write_over_the_same_revision_one_is_refused()
    {
        var store = await NewAsync();
        await store.TryWriteAsync(new MachineProgress(Machine), Stop);
        var read = (await store.ReadAsync(Machine, Stop))!;

        Assert.False(await store.TryWriteAsync(new MachineProgress(Machine), Stop));
        Assert.True(await store.TryWriteAsync(read, Stop));
        Assert.False(await store.TryWriteAsync(read, Stop));
        Assert.Equal(2, (await store.ReadAsync(Machine, Stop))!.Revision);
    }
}
