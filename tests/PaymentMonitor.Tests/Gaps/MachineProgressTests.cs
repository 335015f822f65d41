using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Gaps;

/// <summary>Which reports of a machine are missing, when they are asked for, and when no longer.</summary>
public sealed class MachineProgressTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Reports_in_order_leave_nothing_to_ask_for()
    {
        var machine = Machine([1, 2, 3, 4]);

        Assert.Empty(Ask(machine, hours: 1));
        Assert.Equal(4, Assert.Single(machine.Boots).Contiguous);
    }

    [Fact]
    public void A_hole_is_asked_for_after_ten_seconds_without_progress()
    {
        var machine = Machine([1, 2, 5, 9]);

        Assert.Empty(machine.ToAskFor(Noon.AddSeconds(9.9), 10));
        Assert.Equal([(3L, 4L), (6, 8)], Ranges(machine.ToAskFor(Noon.AddSeconds(10), 10)));
    }

    [Fact]
    public void A_hole_that_fills_by_itself_is_waited_for_anew()
    {
        var machine = Machine([1, 5]);
        Note(machine, 2, Noon.AddSeconds(8));

        Assert.Empty(machine.ToAskFor(Noon.AddSeconds(17), 10));
        Assert.Equal([(3L, 4L)], Ranges(machine.ToAskFor(Noon.AddSeconds(18), 10)));
    }

    [Fact]
    public void New_reports_behind_a_hole_do_not_put_off_the_asking()
    {
        var machine = Machine([1, 3]);
        for (var i = 1; i <= 12; i++)
        {
            Note(machine, 3 + i, Noon.AddSeconds(i));
        }

        Assert.Equal([(2L, 2L)], Ranges(machine.ToAskFor(Noon.AddSeconds(12), 10)));
    }

    [Fact]
    public void Repeats_and_reports_that_overtake_each_other_are_no_holes()
    {
        var machine = Machine([1, 4, 3, 3, 2, 1, 4]);

        Assert.Empty(Ask(machine, hours: 1));
        Assert.Equal([new SequenceRange(1, 4)], Assert.Single(machine.Boots).Seen);
    }

    [Fact]
    public void What_the_machine_has_used_and_never_arrived_is_missing_at_the_end_too()
    {
        var machine = Machine([1, 2]);
        machine.Announce(new SeenUpTo(7, 5), Noon);

        Assert.Equal([(3L, 5L)], Ranges(Ask(machine, hours: 1)));
    }

    [Fact]
    public void A_boot_that_ended_unheard_is_missed_by_what_the_next_one_says_of_it()
    {
        var machine = Machine([1, 2]);
        machine.Announce(new SeenUpTo(7, 4), Noon);
        Note(machine, 2, Noon, boot: 8);

        Assert.Equal([(7L, 3L, 4L), (8, 1, 1)], Ask(machine, hours: 1).Select(range => (range.Boot, range.From, range.To)));
    }

    [Fact]
    public void Of_a_machine_never_heard_of_before_nothing_older_is_asked_for()
    {
        var machine = Machine([57, 58, 60]);

        Assert.Equal([(59L, 59L)], Ranges(Ask(machine, hours: 1)));
    }

    [Fact]
    public void What_is_missing_for_a_day_is_given_up_and_shown()
    {
        var machine = Machine([1, 2, 5]);
        Note(machine, 6, Noon.AddHours(23));

        Assert.Empty(machine.GiveUp(Noon.AddHours(23.9)));
        Assert.Equal([new LostReports(7, 3, 4, Noon.AddHours(24))], machine.GiveUp(Noon.AddHours(24)));

        Assert.Equal(machine.Losses, [new LostReports(7, 3, 4, Noon.AddHours(24))]);
        Assert.Empty(Ask(machine, hours: 25));
        Note(machine, 8, Noon.AddHours(25));
        Assert.Equal([(7L, 7L)], Ranges(Ask(machine, hours: 26)));
    }

    [Fact]
    public void A_report_that_was_given_up_and_comes_all_the_same_changes_nothing()
    {
        var machine = Machine([1, 3]);
        machine.GiveUp(Noon.AddHours(24));

        Note(machine, 2, Noon.AddHours(25));

        Assert.Empty(Ask(machine, hours: 26));
    }

    [Fact]
    public void More_holes_than_are_told_apart_are_asked_for_little_by_little_and_none_is_forgotten()
    {
        var machine = Machine([.. Enumerable.Range(0, 200).Select(i => 1L + (2 * i))]);
        machine.Announce(new SeenUpTo(7, 400), Noon);

        var rounds = 0;
        while (machine.ToAskFor(Noon.AddHours(1), 1_000) is { Count: > 0 } missing)
        {
            foreach (var range in missing)
            {
                for (var seq = range.From; seq <= range.To; seq++)
                {
                    Note(machine, seq, Noon);
                }
            }

            Assert.True(++rounds < 10);
        }

        Assert.Equal(400, Assert.Single(machine.Boots).Contiguous);
    }

    [Fact]
    public void What_two_instances_saw_is_one_progress_after_the_merge()
    {
        var stored = Machine([1, 2, 3, 8]);
        var fresh = Machine([6, 7]);

        fresh.Merge(stored, Noon);

        Assert.Equal([(4L, 5L)], Ranges(Ask(fresh, hours: 1)));
        Assert.Equal(3, Assert.Single(fresh.Boots).Contiguous);
    }

    [Fact]
    public void It_is_stored_and_read_as_it_is()
    {
        var machine = Machine([1, 2, 5]);
        machine.Announce(new SeenUpTo(8, 3), Noon);
        machine.GiveUp(Noon.AddHours(30));
        Note(machine, 9, Noon.AddHours(31), sentAt: Noon.AddHours(31).AddSeconds(2));
        machine.Revision = 4;

        var json = MachineProgressDocument.Write(machine);
        var read = MachineProgressDocument.Read(json);

        Assert.Equal(json, MachineProgressDocument.Write(read));
        Assert.Equal(TimeSpan.FromSeconds(2), read.ClockSkew);
        Assert.Equal(Ask(machine, hours: 40), Ask(read, hours: 40));
        Assert.Equal((machine.Losses.Count, 4), (read.Losses.Count, read.Revision));
    }

    [Fact]
    public void Whatever_arrives_in_whatever_order_the_missing_is_the_complement_of_the_seen()
    {
        var random = new Random(4711);
        for (var round = 0; round < 300; round++)
        {
            var machine = new MachineProgress(MachineId.Parse("m-1"));
            Note(machine, 1, Noon);
            var arrived = new HashSet<long> { 1 };
            for (var i = random.Next(60); i > 0; i--)
            {
                var seq = random.Next(1, 60);
                arrived.Add(seq);
                Note(machine, seq, Noon);
            }

            var missing = Ask(machine, hours: 1).SelectMany(range => Enumerable.Range((int)range.From, (int)(range.To - range.From + 1))).Select(seq => (long)seq);
            Assert.Equal(Enumerable.Range(1, (int)arrived.Max()).Select(seq => (long)seq).Except(arrived), missing);
        }
    }

    private static MachineProgress Machine(long[] seqs)
    {
        var machine = new MachineProgress(MachineId.Parse("m-1"));
        foreach (var seq in seqs)
        {
            Note(machine, seq, Noon);
        }

        return machine;
    }

    private static void Note(MachineProgress machine, long seq, DateTimeOffset now, long boot = 7, DateTimeOffset? sentAt = null)
    {
        var reported = new ReportedEvent(EventId.Parse($"e-{boot}-{seq}"), OrderId.Parse("o-1"), new OrderEvent.PaymentStarted(), now, sentAt, Boot: boot, Seq: seq);
        machine.Note(reported, now);
    }

    private static IReadOnlyList<ResendRange> Ask(MachineProgress machine, double hours) => machine.ToAskFor(Noon.AddHours(hours), 1_000);

    private static IEnumerable<(long From, long To)> Ranges(IReadOnlyList<ResendRange> ranges) => ranges.Select(range => (range.From, range.To));
}
