using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine.Journal;

public sealed class MachineJournalTests : IDisposable
{
    private static readonly MachineId Id = MachineId.Parse("m-1");
    private static readonly OrderId Order = OrderId.Parse("o-1");
    private static readonly JournalLimits Limits = new(SegmentBytes: 2_048, MaxSegments: 8, TimeSpan.FromDays(1));
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_second_process_is_told_that_the_journal_is_in_use()
    {
        using var first = MachineJournal.Open(new JournalOptions { Folder = _folder });

        var refused = Assert.Throws<JournalException>(() => MachineJournal.Open(new JournalOptions { Folder = _folder }));

        Assert.Equal("journal-in-use", refused.Name);
    }

    [Fact]
    public void A_machine_has_one_client_at_a_time()
    {
        using var journal = MachineJournal.InMemory();
        journal.Attach(Id);

        Assert.Equal("machine-in-use", Assert.Throws<JournalException>(() => journal.Attach(Id)).Name);
    }

    [Fact]
    public void A_journal_of_a_newer_version_is_left_alone()
    {
        var disk = new FaultyFolder();
        using (Open(disk))
        {
        }

        var header = SegmentHeader.Create();
        header[7] = (byte)'2';
        BitConverter.TryWriteBytes(header.AsSpan(8), JournalFrame.Checksum(header.AsSpan(0, 8), 0, 0));
        disk.Create(99, header, 0);

        Assert.Equal("journal-newer", Assert.Throws<JournalException>(() => Open(disk)).Name);
    }

    [Fact]
    public async Task Damage_costs_what_it_hit_and_is_set_aside_and_reported()
    {
        var disk = new FaultyFolder();
        long segment;
        using (var journal = Open(disk))
        {
            var outbox = Outbox(journal);
            for (var i = 1; i <= 3; i++)
            {
                await AddAsync(outbox, i);
            }

            segment = journal.Writer.Segment;
        }

        // In the middle of the second event: frames are of about the same size.
        disk.Damage(segment, disk.Read(segment).Length / 2);

        using (var journal = Open(disk))
        {
            Assert.Equal(["e-1", "e-3"], Outbox(journal).Snapshot().Select(report => report.Event.Id.Value).Order());
            Assert.Equal(2, journal.Recovery.Events);
            Assert.True(journal.Recovery.DamagedBytes > 100);
            Assert.NotNull(journal.Recovery.DamagedAt);
            Assert.Single(journal.Recovery.SetAside);
            Assert.Single(disk.SetAsides);
        }

        // It is told once, and remembered.
        using var again = Open(disk);
        Assert.Empty(again.Recovery.SetAside);
        Assert.Equal(2, again.Recovery.Events);
        Assert.NotNull(again.Recovery.DamagedAt);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_of_the_event_is_kept()
    {
        var disk = new FaultyFolder();
        using var journal = Open(disk);
        var outbox = Outbox(journal);
        await AddAsync(outbox, 1);

        disk.Failure = new IOException("No space left on device", 28);
        Assert.Equal("disk-full", (await Assert.ThrowsAsync<ReportRefusedException>(() => AddAsync(outbox, 2))).Name);
        outbox.Kept();
        Assert.Equal(1, outbox.Count);

        disk.Failure = null;
        await AddAsync(outbox, 3);
        Assert.Equal(2, outbox.Count);
    }

    [Fact]
    public async Task On_a_full_disk_orders_under_way_go_on_and_new_ones_are_refused()
    {
        var disk = new FaultyFolder();
        using var journal = Open(disk);
        var outbox = Outbox(journal);
        disk.NoRoom = true;
        var created = new OrderEvent.Created(1, Currency.Parse("EUR"), Channel.Parse("cash"), 60);

        // Until the segment is full, which asks for the next one, and that for the one after it.
        string? refusal = null;
        for (var i = 1; refusal is null && i < 100; i++)
        {
            try
            {
                await AddAsync(outbox, i, created);
            }
            catch (ReportRefusedException e)
            {
                refusal = e.Name;
            }
        }

        Assert.Equal("disk-full", refusal);
        await AddAsync(outbox, 1_000);

        disk.NoRoom = false;
        await AddAsync(outbox, 1_001);
        await journal.Writer.FlushAsync().WaitAsync(Guard);
        await AddAsync(outbox, 1_002);
        await AddAsync(outbox, 1_003, created);
    }

    [Fact]
    public async Task A_full_journal_refuses_new_orders_first_and_then_everything_until_receipts_come()
    {
        using var journal = Open(new FaultyFolder());
        var outbox = Outbox(journal);
        var created = new OrderEvent.Created(1, Currency.Parse("EUR"), Channel.Parse("cash"), 60);
        var number = 0;
        while (journal.HasRoom(isNew: true))
        {
            await AddAsync(outbox, ++number);
        }

        Assert.Equal("journal-full", (await Assert.ThrowsAsync<ReportRefusedException>(() => AddAsync(outbox, ++number, created))).Name);
        while (journal.HasRoom(isNew: false))
        {
            await AddAsync(outbox, ++number);
        }

        Assert.Equal("journal-full", (await Assert.ThrowsAsync<ReportRefusedException>(() => AddAsync(outbox, ++number))).Name);
        foreach (var report in outbox.Snapshot())
        {
            outbox.Receive(Receipt.Accepted(report.Event.Id.Value), TimeSpan.Zero, 0);
        }

        Assert.Equal(0, journal.LiveBytes);
        await AddAsync(outbox, ++number, created);
    }

    [Fact]
    public async Task However_much_passes_through_the_journal_stays_within_its_bounds_and_keeps_what_waits()
    {
        var disk = new FaultyFolder();
        using (var journal = Open(disk))
        {
            var outbox = Outbox(journal);
            await AddAsync(outbox, 0);
            for (var i = 1; i <= 500; i++)
            {
                await AddAsync(outbox, i);
                outbox.Receive(Receipt.Accepted($"e-{i}"), TimeSpan.Zero, 0);
            }
        }

        Assert.InRange(disk.List().Count, 2, Limits.MaxSegments);
        using var later = Open(disk);
        Assert.Contains("e-0", Outbox(later).Snapshot().Select(report => report.Event.Id.Value));
    }

    [Fact]
    public async Task Machines_of_one_process_share_flushes()
    {
        var disk = new FaultyFolder();
        using var journal = Open(disk, Limits with { SegmentBytes = 1024 * 1024 });
        var outboxes = Enumerable.Range(1, 50).Select(number => Outbox(journal, MachineId.Parse($"m-{number}"))).ToList();
        var before = disk.Operations;

        // The writer is in its first flush, or has not begun, while the others report.
        var reports = outboxes.Select((outbox, i) => outbox.Add(Event(i + 1, null), offline: false)).ToList();
        await Task.WhenAll(reports.Select(report => report.Kept)).WaitAsync(Guard);

        Assert.InRange(disk.Operations - before, 2, 2 * 50 - 2);
    }

    internal static MachineJournal Open(FaultyFolder disk, JournalLimits? limits = null) => MachineJournal.Open(disk, "test", limits ?? Limits, TimeProvider.System, null);

    private static MachineOutbox Outbox(MachineJournal journal, MachineId? machineId = null)
    {
        var options = new MachineClientOptions { Endpoint = new Uri("http://127.0.0.1"), MachineId = machineId ?? Id, Secret = "s", Journal = journal };
        return new MachineOutbox(options, journal.Attach(options.MachineId));
    }

    private static async Task AddAsync(MachineOutbox outbox, int number, OrderEvent? body = null)
    {
        var report = outbox.Add(Event(number, body), offline: false);
        try
        {
            await report.Kept.WaitAsync(Guard);
        }
        finally
        {
            outbox.Kept();
        }
    }

    private static ReportedEvent Event(int number, OrderEvent? body)
    {
        return new ReportedEvent(EventId.Parse($"e-{number}"), Order, body ?? new OrderEvent.PaymentStarted(), DateTimeOffset.UnixEpoch, Boot: 1, Seq: number);
    }
}
