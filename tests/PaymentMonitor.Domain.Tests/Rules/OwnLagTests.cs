using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

/// <summary>Questions that were asked late, because the log was behind.</summary>
public sealed class OwnLagTests
{
    [Fact]
    public void The_second_of_a_verdict_counts_from_when_it_was_asked_for()
    {
        var order = Asked(lag: 60);

        Assert.Equal(At(71), order.Order.Due);
        order.Says(30, new OrderEvent.PaymentStarted());
        Assert.Empty(order.Decisions);
        order.RunTo(71);
        Assert.Equal(["shipment.allowed(paid)"], order.Decisions);
    }

    [Theory]
    [InlineData(60, 135, "shipment.allowed(paid)")]
    [InlineData(60, 136, "trade.closed(stale)")]
    [InlineData(0, 75, "shipment.allowed(paid)")]
    [InlineData(0, 76, "trade.closed(stale)")]
    public void A_good_payment_may_be_allowed_as_much_longer_as_the_log_was_behind(double lag, double arrives, string decision)
    {
        var order = new Scenario();
        order.Says(0, Qr());
        if (lag > 0)
            Late(order, OrderEvent.AskedLate.Provider, 1, 1 + lag);

        order.Provider(60, Paid(), arrives: arrives);
        order.RunTo(arrives + 100);

        Assert.Equal(decision, order.Decisions[0]);
    }

    [Fact]
    public void A_close_waits_as_much_longer_as_the_log_was_behind_with_each_question()
    {
        var order = new Scenario();
        order.Says(0, Cash());
        order.Says(10, Cancel);
        Late(order, OrderEvent.AskedLate.Verdict, 11, 12);
        Late(order, OrderEvent.AskedLate.Provider, 11, 31);

        Assert.Equal(At(36), order.Order.Due);
        order.RunTo(35.999);
        Assert.Empty(order.Decisions);
        order.RunTo(36);
        Assert.Equal(["trade.closed(cancelled)"], order.Decisions);
    }

    [Fact]
    public void A_provider_that_was_asked_late_may_be_silent_as_much_longer()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.RunTo(65);
        Late(order, OrderEvent.AskedLate.Provider, 65, 125);
        order.RunTo(65 + 900 + 59.999);
        Assert.Empty(order.WindowsOver);
        order.RunTo(65 + 900 + 60);
        Assert.Equal(["provider"], order.WindowsOver);
    }

    [Fact]
    public void Each_question_is_late_once()
    {
        var order = Asked(lag: 60);

        Assert.IsType<Acceptance.Ignored>(Late(order, OrderEvent.AskedLate.Verdict, 20, 50, id: "another"));
        Assert.IsType<Acceptance.Accepted>(Late(order, OrderEvent.AskedLate.Provider, 20, 50, id: "of-another-kind"));
        Assert.Equal("unknown-question", AcceptTests.Reason(Late(order, "weather", 20, 50, id: "unknown")));
    }

    [Fact]
    public void A_question_that_was_asked_before_it_was_needed_was_not_late()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        Late(order, OrderEvent.AskedLate.Verdict, 10, 4);

        Assert.Equal(At(11), order.Order.Due);
    }

    [Fact]
    public void What_is_recorded_says_when_the_answer_was_needed_and_when_it_was_asked_for()
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        var paid = EventTime.Stamp(new ReportedEvent(EventId.Parse("e"), TheOrder, Paid(), At(9)), EventSource.Provider, Machine, At(10), OrderOptions.Default);

        Assert.Null(OwnLag.Asking(order.Order, paid, OrderEvent.AskedLate.Verdict, At(10.1)));
        var late = OwnLag.Asking(order.Order, paid, OrderEvent.AskedLate.Verdict, At(10.101));
        Assert.Equal(
            new ReportedEvent(EventId.Parse("order-1/asked-late/verdict"), TheOrder, new OrderEvent.AskedLate("verdict"), At(10), At(10.101)), late);
    }

    [Fact]
    public void A_wake_that_comes_late_asks_late()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        Assert.Equal(At(65), order.Order.Due);

        Assert.Equal(At(65), OwnLag.Asking(order.Order, Wake(80), OrderEvent.AskedLate.Provider, At(140))!.Time);
        Assert.Equal(At(64), OwnLag.Asking(order.Order, Wake(64), OrderEvent.AskedLate.Provider, At(140))!.Time);
        Assert.Equal(At(80), OwnLag.Asking(new Order(Machine, TheOrder), Wake(80), OrderEvent.AskedLate.Provider, At(140))!.Time);
    }

    [Fact]
    public void A_report_that_stands_in_front_of_the_wake_shows_that_the_log_is_behind()
    {
        var order = new Scenario();
        order.Says(0, Qr());

        var late = OwnLag.BeforeAsking(order.Order, Report(80), At(140), OrderOptions.Default);
        Assert.Equal((At(65), At(140)), (late!.Time, late.SentAt));

        Assert.Null(OwnLag.BeforeAsking(order.Order, Report(65), At(140), OrderOptions.Default));
        Assert.Null(OwnLag.BeforeAsking(order.Order, Report(65.05), At(65.1), OrderOptions.Default));
        Assert.Null(OwnLag.BeforeAsking(order.Order, Wake(80), At(140), OrderOptions.Default));
        Assert.Null(OwnLag.BeforeAsking(new Order(Machine, TheOrder), Report(80), At(140), OrderOptions.Default));
    }

    [Fact]
    public void A_report_in_front_of_a_wake_that_asks_nobody_shows_nothing()
    {
        var order = new Scenario();
        order.Says(0, Cash());

        Assert.Equal(At(65), order.Order.Due);
        Assert.Null(OwnLag.BeforeAsking(order.Order, Report(80), At(140), OrderOptions.Default));
    }

    private static Scenario Asked(double lag)
    {
        var order = new Scenario { Verdict = null };
        order.Says(0, Qr());
        order.Provider(10, Paid());
        Late(order, OrderEvent.AskedLate.Verdict, 10, 10 + lag);
        return order;
    }

    private static Acceptance Late(Scenario order, string what, double needed, double asked, string? id = null)
    {
        var e = new ReportedEvent(EventId.Parse(id ?? $"late-{what}"), TheOrder, new OrderEvent.AskedLate(what), At(needed), At(asked));
        return order.Apply(EventTime.Stamp(e, EventSource.System, Machine, At(Math.Max(needed, (order.Order.Clock - Start).TotalSeconds)), OrderOptions.Default));
    }

    private static Envelope Wake(double at) => Stamp(new OrderEvent.Due(), at, EventSource.System);

    private static Envelope Report(double at) => Stamp(new OrderEvent.PaymentStarted(), at, EventSource.Machine);

    private static Envelope Stamp(OrderEvent body, double at, EventSource source)
    {
        return EventTime.Stamp(new ReportedEvent(EventId.Parse("e"), TheOrder, body, At(at)), source, Machine, At(at), OrderOptions.Default);
    }
}
