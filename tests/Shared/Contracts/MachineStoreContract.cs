using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every store of machines must do.</summary>
public abstract class MachineStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IMachineStore> NewStoreAsync();

    [Fact]
    public async Task A_machine_that_was_never_written_is_not_there()
    {
        var store = await NewStoreAsync();

        Assert.Null(await store.ReadAsync(MachineId.Parse("m-1"), Stop));
    }

    [Fact]
    public async Task A_machine_is_read_as_it_was_written()
    {
        var store = await NewStoreAsync();
        var machine = Machine("m-1") with
        {
            Secrets = [new MachineSecret("new", Noon), new MachineSecret("old", Noon.AddDays(-9), Noon.AddHours(1))],
            Channels = [Channel.Parse("cash"), Channel.Parse("qr")],
            RevokedAt = Noon.AddMinutes(5),
        };

        Assert.True(await store.TryWriteAsync(machine, Stop));

        var read = await store.ReadAsync(machine.MachineId, Stop);
        Assert.Equal(machine.Secrets, read!.Secrets);
        Assert.Equal(machine.Channels, read.Channels);
        Assert.Equal((machine.RegisteredAt, machine.RevokedAt, 1), (read.RegisteredAt, read.RevokedAt, read.Revision));
    }

    [Fact]
    public async Task A_machine_can_be_registered_once()
    {
        var store = await NewStoreAsync();
        Assert.True(await store.TryWriteAsync(Machine("m-1"), Stop));

        Assert.False(await store.TryWriteAsync(Machine("m-1"), Stop));
    }

    [Fact]
    public async Task A_write_succeeds_only_over_the_revision_it_read()
    {
        var store = await NewStoreAsync();
        await store.TryWriteAsync(Machine("m-1"), Stop);
        var read = (await store.ReadAsync(MachineId.Parse("m-1"), Stop))!;

        Assert.True(await store.TryWriteAsync(read with { RevokedAt = Noon }, Stop));
        Assert.False(await store.TryWriteAsync(read with { RevokedAt = null }, Stop));

        var now = (await store.ReadAsync(read.MachineId, Stop))!;
        Assert.Equal(Noon, now.RevokedAt);
        Assert.Equal(read.Revision + 1, now.Revision);
    }

    [Fact]
    public async Task A_machine_that_is_not_there_cannot_be_changed()
    {
        var store = await NewStoreAsync();

        Assert.False(await store.TryWriteAsync(Machine("m-1") with { Revision = 3 }, Stop));
    }

    [Fact]
    public async Task Machines_are_listed_in_the_order_of_their_ids_a_page_at_a_time()
    {
        var store = await NewStoreAsync();
        foreach (var id in new[] { "m-3", "m-1", "m-5", "m-2", "m-4" })
        {
            await store.TryWriteAsync(Machine(id), Stop);
        }

        var first = await store.ListAsync(null, 3, Stop);
        var second = await store.ListAsync(first[^1].MachineId, 3, Stop);

        Assert.Equal(["m-1", "m-2", "m-3"], first.Select(m => m.MachineId.Value));
        Assert.Equal(["m-4", "m-5"], second.Select(m => m.MachineId.Value));
        Assert.Empty(await store.ListAsync(second[^1].MachineId, 3, Stop));
    }

    private static MachineRecord Machine(string id) => new(MachineId.Parse(id), [new MachineSecret("hash", Noon)], [Channel.Parse("cash")], Noon);
}
