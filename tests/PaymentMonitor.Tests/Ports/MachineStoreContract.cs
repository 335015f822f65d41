using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests;

/// <summary>What every store of machines must do.</summary>
public abstract class MachineStoreContract
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    protected abstract IMachineStore Machines { get; }

    [Fact]
    public async Task A_machine_is_read_as_it_was_written()
    {
        var token = TestContext.Current.CancellationToken;
        var machine = Machine("m-1") with
        {
            Secrets = [new MachineSecret("new", Now), new MachineSecret("old", Now.AddDays(-1), Now.AddHours(1))],
            RevokedAt = Now,
        };

        Assert.True(await Machines.TryWriteAsync(machine, token));

        var read = await Machines.ReadAsync(machine.MachineId, token);
        Assert.NotNull(read);
        Assert.Equal(machine.Secrets, read.Secrets);
        Assert.Equal(machine.Channels, read.Channels);
        Assert.Equal((machine.RegisteredAt, machine.RevokedAt, 1), (read.RegisteredAt, read.RevokedAt, read.Revision));
    }

    [Fact]
    public async Task A_machine_that_was_never_written_is_not_there()
    {
        Assert.Null(await Machines.ReadAsync(MachineId.Parse("m-1"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_machine_is_registered_once()
    {
        var token = TestContext.Current.CancellationToken;

        Assert.True(await Machines.TryWriteAsync(Machine("m-1"), token));
        Assert.False(await Machines.TryWriteAsync(Machine("m-1"), token));
    }

    [Fact]
    public async Task Of_two_changes_to_the_same_revision_one_is_refused()
    {
        var token = TestContext.Current.CancellationToken;
        await Machines.TryWriteAsync(Machine("m-1"), token);
        var read = await Machines.ReadAsync(MachineId.Parse("m-1"), token);

        Assert.True(await Machines.TryWriteAsync(read! with { RevokedAt = Now }, token));
        Assert.False(await Machines.TryWriteAsync(read with { Channels = [] }, token));
        Assert.Equal(2, (await Machines.ReadAsync(MachineId.Parse("m-1"), token))!.Revision);
    }

    [Fact]
    public async Task Machines_are_listed_by_id_a_page_at_a_time()
    {
        var token = TestContext.Current.CancellationToken;
        foreach (var id in new[] { "m-3", "m-1", "m-2" })
        {
            await Machines.TryWriteAsync(Machine(id), token);
        }

        var first = await Machines.ListAsync(null, 2, token);
        var second = await Machines.ListAsync(first[^1].MachineId, 2, token);

        Assert.Equal(["m-1", "m-2", "m-3"], first.Concat(second).Select(machine => machine.MachineId.Value));
    }

    private static MachineRecord Machine(string id) => new(MachineId.Parse(id), [new MachineSecret("hash", Now)], [Channel.Parse("qr"), Channel.Parse("cash")], Now);
}
