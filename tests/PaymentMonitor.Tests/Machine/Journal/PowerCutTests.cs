namespace PaymentMonitor.Tests.Machine.Journal;

/// <summary>
/// The power goes at every single operation on the disk, and the disk is found in every state that leaves: nothing that was
/// promised is lost, and no permission is handed over a second time as if it were the first.
/// </summary>
public sealed class PowerCutTests
{
    private const int Orders = 12;

    [Theory]
    [InlineData(Survival.Flushed)]
    [InlineData(Survival.Written)]
    [InlineData(Survival.Half)]
    [InlineData(Survival.Zeros)]
    public async Task Whichever_operation_is_the_last_nothing_is_lost_and_nothing_is_repeated_silently(Survival survival)
    {
        var whole = new FaultyFolder();
        await new MachineLife().LiveAsync(whole, Orders);
        Assert.InRange(whole.Operations, 100, 1_000);

        for (var operations = 0; operations <= whole.Operations; operations++)
        {
            var machine = new MachineLife();
            var disk = new FaultyFolder(operations, survival);
            await machine.LiveAsync(disk, Orders);
            await machine.LiveAsync(disk.AfterPowerCut(), orders: 2);
            machine.Judge();
            Assert.True(machine.Faults.Count == 0, $"{survival}, cut after {operations}: {string.Join("; ", machine.Faults.Take(5))}");
        }
    }

    [Fact]
    public async Task Many_power_cuts_one_after_the_other_do_no_more_harm_than_one()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < 150; run++)
        {
            var machine = new MachineLife();
            var disk = new FaultyFolder(random.Next(80), Any(random));
            for (var life = 0; life < 8; life++)
            {
                await machine.LiveAsync(disk, orders: 6);
                disk = disk.AfterPowerCut(random.Next(40), Any(random));
            }

            await machine.LiveAsync(disk.AfterPowerCut(), orders: 1);
            machine.Judge();
            Assert.True(machine.Faults.Count == 0, $"Seed {seed}, run {run}: {string.Join("; ", machine.Faults.Take(5))}");
        }
    }

    private static Survival Any(Random random) => (Survival)random.Next(4);
}
