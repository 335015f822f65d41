using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests;

public sealed class ErrandsTests
{
    private static readonly OrderEvent.Created Referenced = Qr() with { PaymentRef = PaymentReference.Parse("ref-1") };

    [Fact]
    public void A_claim_is_an_errand_until_the_provider_denies_it()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);

        order.Says(10, Paid());
        Assert.Equal(ProviderErrands.Claim, order.Order.Errands);

        order.Provider(11, Unpaid);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
    }

    [Fact]
    public void A_claim_becomes_the_question_of_the_expiry_when_its_time_is_over()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.Says(10, Paid());
        order.RunTo(65);

        Assert.Equal(ProviderErrands.Expiry, order.Order.Errands);
        order.Provider(66, Unpaid);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
        Assert.Equal(OrderStatus.Closed, order.Status);
    }

    [Fact]
    public void After_the_silence_the_question_stays_and_an_answer_spares_the_person()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.RunTo(965);
        Assert.Equal((OrderStatus.Unresolved, ProviderErrands.Overdue), (order.Status, order.Order.Errands));

        order.Provider(4000, Unpaid);
        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (order.Status, order.Order.Errands));
    }

    [Fact]
    public void An_order_that_an_operator_ended_has_no_errands()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.RunTo(965);
        order.System(1000, Resolve(Resolutions.Closed));
        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (order.Status, order.Order.Errands));

        var refunding = new Scenario { Verdict = "deny" };
        refunding.Says(0, Referenced);
        refunding.Provider(10, Paid());
        refunding.RunTo(90_000);
        Assert.Equal((OrderStatus.Unresolved, ProviderErrands.Refund), (refunding.Status, refunding.Order.Errands));
        refunding.System(90_001, Resolve(Resolutions.Refunded));
        Assert.Equal(ProviderErrands.None, refunding.Order.Errands);
    }

    [Fact]
    public void Without_a_payment_reference_there_is_nothing_to_ask_about()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Says(10, Paid());
        Assert.Equal(ProviderErrands.None, order.Order.Errands);

        order.RunTo(65);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
    }

    [Fact]
    public void A_payment_that_goes_back_is_an_errand_until_it_is_back_or_failed_three_times()
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Referenced);
        order.Provider(10, Paid());
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
        order.RunTo(15);
        Assert.Equal(ProviderErrands.Refund, order.Order.Errands);

        order.Provider(20, RefundFailed());
        order.Provider(21, RefundFailed());
        var outstanding = Assert.Single(OutstandingRefund.Of(order.Order, OrderOptions.Default));
        Assert.Equal((2, At(21), At(15)), (outstanding.Failures, outstanding.LastFailureAt, outstanding.DueSince));
        Assert.Equal(300, outstanding.Refund.Amount);
        Assert.Equal(ProviderErrands.Refund, order.Order.Errands);

        order.Provider(22, RefundFailed());
        Assert.Equal((OrderStatus.Unresolved, ProviderErrands.None), (order.Status, order.Order.Errands));
        Assert.Empty(OutstandingRefund.Of(order.Order, OrderOptions.Default));
    }

    [Fact]
    public void A_completed_order_gives_its_surplus_back_too()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.Provider(10, Paid());
        order.Provider(11, Paid("p2"));
        order.Says(12, Out);
        order.RunTo(20);
        Assert.Equal((OrderStatus.Completed, ProviderErrands.Refund), (order.Status, order.Order.Errands));

        order.Provider(21, Refunded("p2"));
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
        Assert.Empty(OutstandingRefund.Of(order.Order, OrderOptions.Default));
    }

    [Theory]
    [InlineData("cash")]
    [InlineData("card-terminal")]
    public void The_machine_gives_back_what_it_took_itself(string channel)
    {
        var order = new Scenario { Verdict = "deny" };
        order.Says(0, Created(channel));
        order.Says(10, Paid());
        order.RunTo(15);

        Assert.Equal(OrderStatus.RefundDue, order.Status);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
    }

    [Fact]
    public void The_money_of_an_order_that_nobody_created_goes_back_through_the_provider()
    {
        var order = new Scenario();
        order.Provider(0, Paid());
        order.RunTo(900);

        Assert.Equal(ProviderErrands.Refund, order.Order.Errands);
    }

    [Fact]
    public void A_cancelled_order_is_closed_at_the_provider_until_it_answered()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.Says(10, Paid());
        order.Provider(11, Unpaid);
        order.Says(12, Cancel);
        order.RunTo(17);
        Assert.Equal(["trade.closed(cancelled)"], order.Decisions);
        Assert.Equal(ProviderErrands.Close, order.Order.Errands);

        order.Provider(18, new OrderEvent.PaymentChecked("closed"));
        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (order.Status, order.Order.Errands));
    }

    [Fact]
    public void An_answer_that_arrives_with_the_close_closes_at_the_provider_too()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.Says(12, Cancel);
        order.RunTo(17);
        order.Provider(17, new OrderEvent.PaymentChecked("closed"));

        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (order.Status, order.Order.Errands));
    }

    [Fact]
    public void An_order_that_the_provider_called_unpaid_at_its_end_needs_no_more_closing()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.RunTo(65);
        order.Provider(66, Unpaid);

        Assert.Equal(["trade.closed(expired)"], order.Decisions);
        Assert.Equal(ProviderErrands.None, order.Order.Errands);
    }

    [Fact]
    public void A_late_payment_of_a_closed_order_is_given_back_instead()
    {
        var order = new Scenario();
        order.Says(0, Referenced);
        order.Says(12, Cancel);
        order.RunTo(17);
        order.Provider(18, Paid());
        order.RunTo(23);

        Assert.Equal(ProviderErrands.Refund, order.Order.Errands);
    }

    [Fact]
    public void The_errands_follow_from_what_is_stored()
    {
        // The same envelopes in another order: what is asked of the provider is the same.
        var order = new Scenario();
        order.Says(10, Paid());
        order.Says(0, Referenced, arrives: 11);

        Assert.Equal(ProviderErrands.Claim, order.Order.Errands);
    }
}
