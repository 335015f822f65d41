using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every keeper of dead letters must do.</summary>
public abstract class DeadLettersContract
{
    protected static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>An empty one, and the clock by which it sets aside.</summary>
    protected abstract Task<(IDeadLetters Letters, FakeTimeProvider Clock)> NewAsync();

    [Fact]
    public async Task A_letter_is_read_as_it_was_set_aside()
    {
        var (letters, _) = await NewAsync();
        var letter = new DeadLetter(
            "m-1-17", "terms-changed", """{"id":"e-1","type":"order.cancelled","orderId":"o-1","time":"2026-11-23T12:00:00Z","data":{}}"""u8.ToArray(), "Why.",
            MachineId.Parse("m-1"), OrderId.Parse("o-1"), EventSource.Machine, Noon.AddSeconds(-3), Replays: 2);

        await letters.SetAsideAsync(letter, Stop);

        var kept = Assert.Single(await ListAsync(letters));
        Assert.Equal((Noon, null), (kept.SetAsideAt, kept.Replayed));
        Assert.Equal(letter.Body.ToArray(), kept.Letter.Body.ToArray());
        Assert.Equal(letter with { Body = default }, kept.Letter with { Body = default });
        Assert.Equal(kept.Letter.Position, (await letters.FindAsync(kept.Id, Stop))!.Letter.Position);
    }

    [Fact]
    public async Task Bytes_that_are_no_event_and_that_nobody_is_known_to_have_sent_are_kept_as_they_are()
    {
        var (letters, _) = await NewAsync();

        await letters.SetAsideAsync(new DeadLetter("m-1-17", "malformed", new byte[] { 0xff, 0x00, (byte)'{' }), Stop);

        var letter = Assert.Single(await ListAsync(letters)).Letter;
        Assert.Equal([0xff, 0x00, (byte)'{'], letter.Body.ToArray());
        Assert.Equal((null, null, null, null), (letter.MachineId, letter.OrderId, letter.Source, letter.Message));
    }

    [Fact]
    public async Task The_same_letter_set_aside_again_on_the_same_day_is_one()
    {
        var (letters, clock) = await NewAsync();
        await letters.SetAsideAsync(Letter("m-1-1"), Stop);
        clock.Advance(TimeSpan.FromHours(1));

        await letters.SetAsideAsync(Letter("m-1-1"), Stop);
        await letters.SetAsideAsync(Letter("m-1-2"), Stop);

        Assert.Equal(["m-1-1", "m-1-2"], (await ListAsync(letters)).Select(kept => kept.Letter.Position));
    }

    [Fact]
    public async Task Letters_are_found_by_each_condition_a_page_at_a_time()
    {
        var (letters, clock) = await NewAsync();
        for (var i = 1; i <= 6; i++)
        {
            await letters.SetAsideAsync(Letter($"p-{i}", reason: i % 2 == 0 ? "even" : "odd", machine: i <= 3 ? "m-1" : "m-2"), Stop);
            clock.Advance(TimeSpan.FromHours(6));
        }

        Assert.Equal(["p-1", "p-2", "p-3", "p-4", "p-5", "p-6"], await PositionsAsync(letters, new DeadLetterQuery(Limit: 4)));
        Assert.Equal(["p-1", "p-3", "p-5"], await PositionsAsync(letters, new DeadLetterQuery("odd", Limit: 1)));
        Assert.Equal(["p-4", "p-5", "p-6"], await PositionsAsync(letters, new DeadLetterQuery(MachineId: MachineId.Parse("m-2"), Limit: 2)));
        Assert.Equal(["p-2", "p-3"], await PositionsAsync(letters, new DeadLetterQuery(From: Noon.AddHours(6), To: Noon.AddHours(18))));
        Assert.Equal(["p-4"], await PositionsAsync(letters, new DeadLetterQuery("even", MachineId.Parse("m-2"), To: Noon.AddHours(24))));
        Assert.Empty(await PositionsAsync(letters, new DeadLetterQuery("neither")));
    }

    [Fact]
    public async Task A_letter_that_was_put_back_says_when_and_by_whom_and_can_be_left_out()
    {
        var (letters, _) = await NewAsync();
        await letters.SetAsideAsync(Letter("p-1"), Stop);
        await letters.SetAsideAsync(Letter("p-2"), Stop);
        var first = (await ListAsync(letters))[0];

        await letters.MarkReplayedAsync(first.Id, new Replayed(Noon.AddMinutes(1), "li"), Stop);
        await letters.MarkReplayedAsync(first.Id, new Replayed(Noon.AddMinutes(2), "maria"), Stop);

        Assert.Equal(new Replayed(Noon.AddMinutes(2), "maria"), (await letters.FindAsync(first.Id, Stop))!.Replayed);
        Assert.Equal(["p-1"], await PositionsAsync(letters, new DeadLetterQuery(IsReplayed: true)));
        Assert.Equal(["p-2"], await PositionsAsync(letters, new DeadLetterQuery(IsReplayed: false)));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("4711")]
    [InlineData("-1")]
    public async Task A_letter_that_is_not_there_is_not_found(string id)
    {
        var (letters, _) = await NewAsync();

        Assert.Null(await letters.FindAsync(id, Stop));
    }

    [Fact]
    public async Task A_continuation_that_no_page_gave_is_refused()
    {
        var (letters, _) = await NewAsync();

        await Assert.ThrowsAsync<FormatException>(async () => await letters.ListAsync(new DeadLetterQuery(Continuation: "not, a page"), Stop));
    }

    private static DeadLetter Letter(string position, string reason = "wrong-source", string machine = "m-1")
    {
        return new DeadLetter(position, reason, "{}"u8.ToArray(), MachineId: MachineId.Parse(machine), Source: EventSource.Machine, ReceivedAt: Noon);
    }

    private static async Task<List<string>> PositionsAsync(IDeadLetters letters, DeadLetterQuery query)
    {
        return [.. (await ListAsync(letters, query)).Select(kept => kept.Letter.Position).Order()];
    }

    private static async Task<List<KeptDeadLetter>> ListAsync(IDeadLetters letters, DeadLetterQuery? query = null)
    {
        query ??= new DeadLetterQuery();
        var all = new List<KeptDeadLetter>();
        do
        {
            var page = await letters.ListAsync(query, Stop);
            Assert.InRange(page.Letters.Count, 0, query.Limit);
            all.AddRange(page.Letters);
            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);

        return all;
    }
}
