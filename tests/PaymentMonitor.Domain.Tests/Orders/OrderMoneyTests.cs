using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Orders;

public sealed class OrderMoneyTests
{
    [Fact]
    public void All_payments_that_count_are_paid_and_those_that_came_back_are_refunded()
    {
        var order = new Scenario();
        order.Says(0, Qr());
        order.Provider(10, Paid("p1", 300));
        order.Provider(11, Paid("p2", 250));
        order.Says(12, Paid("p3", 70));
        order.RunTo(20);
        order.Provider(21, Refunded("p2"));

        Assert.Equal(new OrderMoney(550, 250), OrderMoney.Of(order.Order));
    }

    [Fact]
    public void While_nobody_created_the_order_only_the_providers_word_counts()
    {
        var order = new Scenario();
        order.Provider(10, Paid("p1", 300));
        order.Says(11, Paid("p2", 250));

        Assert.Equal(new OrderMoney(300, 0), OrderMoney.Of(order.Order));

        order.Says(0, Cash(), arrives: 12);
        Assert.Equal(new OrderMoney(550, 0), OrderMoney.Of(order.Order));
    }
}
