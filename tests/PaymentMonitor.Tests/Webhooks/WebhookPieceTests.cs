using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>The pure pieces: schedule, cursor, secrets.</summary>
public sealed class WebhookPieceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly CursorKey Key = new("ep_1", Reports.Key("m-1", "o-1"));
    private static readonly WebhookEndpoint Everything = new("ep_1", new Uri("https://a.example/"), [], [], [], Noon) { Since = Noon };

    [Fact]
    public void The_schedule_is_that_of_standard_webhooks()
    {
        var waits = Enumerable.Range(1, WebhookSchedule.AttemptsMax).Select(failures => WebhookSchedule.Next(failures, 0, null)).ToList();

        Assert.Equal(
            ["00:00:05", "00:05:00", "00:30:00", "02:00:00", "05:00:00", "10:00:00", "14:00:00", "20:00:00", "1.00:00:00", ""],
            waits.Select(wait => wait?.ToString() ?? ""));
        Assert.Equal(TimeSpan.FromMinutes(5.5), WebhookSchedule.Next(2, 1, null));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(60, 60)]
    [InlineData(90_000, 86_400)]
    [InlineData(-5, 5)]
    public void A_receiver_may_ask_for_a_longer_wait_up_to_a_day(int asked, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookSchedule.Next(1, 0, TimeSpan.FromSeconds(asked)));
    }

    [Fact]
    public void News_do_not_hurry_a_retry()
    {
        var waiting = new WebhookCursor(Key).Signalled(1, Noon).Failed(Noon.AddMinutes(5), Noon);

        Assert.Equal(Noon.AddMinutes(5), waiting.Signalled(2, Noon.AddMinutes(1)).DueAt);
    }

    [Fact]
    public void News_that_were_told_already_change_nothing()
    {
        var told = new WebhookCursor(Key).Settled(3, Noon);

        Assert.Same(told, told.Signalled(3, Noon));
        Assert.Equal(Noon, told.Signalled(4, Noon).DueAt);
    }

    [Fact]
    public void News_that_came_while_the_order_was_looked_at_are_looked_at_too()
    {
        Assert.Null(new WebhookCursor(Key).Signalled(2, Noon).Settled(2, Noon).DueAt);
        Assert.Equal(Noon, new WebhookCursor(Key).Signalled(3, Noon).Settled(2, Noon).DueAt);
    }

    [Fact]
    public void What_is_asked_for_again_comes_before_the_next_in_its_order()
    {
        var order = Order(4);
        var cursor = new WebhookCursor(Key) { Next = 4 }.Resend(3, Noon).Resend(1, Noon).Resend(3, Noon);

        var told = new List<int>();
        while (cursor.Pick(order, Everything) is { } notice)
        {
            told.Add(notice.N);
            cursor = cursor.Delivered(notice.N, Noon);
        }

        Assert.Equal([1, 3, 4], told);
    }

    [Fact]
    public void What_is_still_to_be_sent_is_not_sent_twice_when_it_is_asked_for()
    {
        var cursor = new WebhookCursor(Key).Failed(Noon.AddHours(1), Noon).Resend(1, Noon);

        Assert.Empty(cursor.Again);
        Assert.Equal((Noon, 0), (cursor.DueAt!.Value, cursor.Failures));
    }

    [Fact]
    public void A_parked_notice_stays_known_until_it_is_delivered()
    {
        var order = Order(2);
        var cursor = new WebhookCursor(Key).Park(order.Notices[0], Noon);

        Assert.Equal(2, cursor.Pick(order, Everything)!.N);
        Assert.Equal([new ParkedNotice(1, order.Notices[0].Time)], cursor.Parked);
        var again = cursor.Settled(2, Noon).ResendParked(Noon, Noon);
        Assert.Equal(1, again.Pick(order, Everything)!.N);
        Assert.Empty(again.Delivered(1, Noon).Parked);
        Assert.Equal([new ParkedNotice(1, order.Notices[0].Time)], again.Park(order.Notices[0], Noon).Parked);
        Assert.Same(cursor, cursor.ResendParked(Noon.AddHours(1), Noon));
    }

    [Fact]
    public void Notices_from_before_the_subscription_are_not_told()
    {
        var order = Order(3);

        Assert.Equal(2, new WebhookCursor(Key).Pick(order, Everything with { Since = Noon.AddSeconds(2) })!.N);
        Assert.Equal(3, new WebhookCursor(Key) { From = Noon.AddSeconds(3) }.Pick(order, Everything)!.N);
        Assert.Equal(0, (Everything with { Types = ["refund.due"] }).NewestWanted(order));
        Assert.Equal(0, (Everything with { Machines = [MachineId.Parse("m-9")] }).NewestWanted(order));
    }

    [Fact]
    public void A_sealed_secret_opens_for_everyone_who_asks_at_the_same_time()
    {
        Assert.True(SecretBox.TryParse(SecretBox.NewKey(), out var box));
        using var _ = box;
        var secret = box.Seal("of ep-1", "ep-1");

        // One AesGcm that two threads use at once has its state mixed up within a few thousand calls.
        Parallel.For(0, 20_000, i =>
        {
            Assert.Equal("of ep-1", box.Open(secret, "ep-1"));
            Assert.Equal($"{i}", box.Open(box.Seal($"{i}", "ep-1"), "ep-1"));
        });
    }

    [Fact]
    public void A_sealed_secret_opens_with_its_key_and_for_its_owner_only()
    {
        var (first, second) = (SecretBox.NewKey(), SecretBox.NewKey());
        Assert.True(SecretBox.TryParse(first, out var box));
        Assert.True(SecretBox.TryParse($"{second}, {first}", out var rotated));
        Assert.True(SecretBox.TryParse(second, out var other));
        var text = box.Seal("whsec_x", "ep_1");

        Assert.DoesNotContain("whsec", text, StringComparison.Ordinal);
        Assert.NotEqual(text, box.Seal("whsec_x", "ep_1"));
        Assert.Equal("whsec_x", box.Open(text, "ep_1"));
        Assert.Null(box.Open(text, "ep_2"));
        Assert.Null(other.Open(text, "ep_1"));
        Assert.Equal("whsec_x", rotated.Open(text, "ep_1"));
        Assert.False(SecretBox.TryParse("c2hvcnQ=", out _));
        Assert.False(SecretBox.TryParse(null, out _));
    }

    private static Order Order(int notices) => new(Key.Order.MachineId, Key.Order.OrderId)
    {
        Notices = [.. Enumerable.Range(1, notices).Select(n => new Notice(n, NoticeTypes.OrderCreated, Noon.AddSeconds(n)))],
    };
}
