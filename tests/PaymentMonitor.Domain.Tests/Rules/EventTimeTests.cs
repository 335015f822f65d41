using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class EventTimeTests
{
    [Fact]
    public void The_error_of_the_machines_clock_cancels_out_of_its_sending_time()
    {
        // The clock is an hour behind; the event is three seconds old.
        var stamped = Stamp(time: -3603, sentAt: -3600, receivedAt: 10);

        Assert.Equal(At(7), stamped.EventTime);
        Assert.False(stamped.ClockSuspect);
    }

    [Fact]
    public void Without_a_sending_time_the_reported_time_stands()
    {
        Assert.Equal(At(4), Stamp(time: 4, sentAt: null, receivedAt: 10).EventTime);
    }

    [Fact]
    public void Nothing_happens_later_than_it_arrives()
    {
        Assert.Equal(At(10), Stamp(time: 11, sentAt: null, receivedAt: 10).EventTime);
        Assert.Equal(At(10), Stamp(time: 11, sentAt: 9, receivedAt: 10).EventTime);
        Assert.Equal(At(10), Stamp(time: 99, sentAt: null, receivedAt: 10, source: EventSource.Provider).EventTime);
    }

    [Theory]
    [InlineData(600, false)]
    [InlineData(600.001, true)]
    public void An_event_reported_online_that_is_older_than_ten_minutes_counts_from_its_arrival(double age, bool isSuspect)
    {
        foreach (var sentAt in new double?[] { null, 2000 })
        {
            var stamped = Stamp(time: 2000 - age, sentAt, receivedAt: 2000);

            Assert.Equal(isSuspect, stamped.ClockSuspect);
            Assert.Equal(isSuspect ? At(2000) : At(2000 - age), stamped.EventTime);
        }
    }

    [Fact]
    public void The_age_of_an_offline_event_is_believed()
    {
        var stamped = Stamp(time: 0, sentAt: null, receivedAt: 90_000, offline: true);

        Assert.Equal(At(0), stamped.EventTime);
        Assert.False(stamped.ClockSuspect);
    }

    [Fact]
    public void A_providers_time_is_the_providers()
    {
        var stamped = Stamp(time: 0, sentAt: 50, receivedAt: 5000, source: EventSource.Provider);

        Assert.Equal(At(0), stamped.EventTime);
        Assert.False(stamped.ClockSuspect);
    }

    [Fact]
    public void A_time_at_the_edge_of_the_calendar_is_stamped_like_any_other()
    {
        var e = new ReportedEvent(
            EventId.Parse("e"), TheOrder, Cancel, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Offline: true);

        Assert.Equal(DateTimeOffset.MinValue, EventTime.Stamp(e, EventSource.Machine, Machine, At(0), OrderOptions.Default).EventTime);
        Assert.Equal(
            At(0),
            EventTime.Stamp(e with { Time = DateTimeOffset.MaxValue }, EventSource.Machine, Machine, At(0), OrderOptions.Default).EventTime);
    }

    [Fact]
    public void Stamps_are_in_universal_time()
    {
        var received = new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(2));
        var e = new ReportedEvent(EventId.Parse("e"), TheOrder, Cancel, received);

        var stamped = EventTime.Stamp(e, EventSource.Machine, Machine, received, OrderOptions.Default);

        Assert.Equal(TimeSpan.Zero, stamped.ReceivedAt.Offset);
        Assert.Equal(TimeSpan.Zero, stamped.EventTime.Offset);
    }

    private static Envelope Stamp(
        double time, double? sentAt, double receivedAt, bool offline = false, EventSource source = EventSource.Machine)
    {
        var e = new ReportedEvent(EventId.Parse("e"), TheOrder, Cancel, At(time), sentAt is { } sent ? At(sent) : null, offline);
        return EventTime.Stamp(e, source, Machine, At(receivedAt), OrderOptions.Default);
    }
}
