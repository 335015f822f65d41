using System.Net;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using static PaymentMonitor.Tests.Provider.ScriptedProvider;

namespace PaymentMonitor.Tests.Provider;

public sealed class ProviderRefundTests : IDisposable
{
    private const string RefundId = "m-1:o-1:p-1";

    private readonly OrderAtTheDesk _order = new();

    public void Dispose() => _order.Dispose();

    [Fact]
    public async Task A_refund_is_made_with_its_id_as_the_idempotency_key()
    {
        Due(_order);
        _order.Provider.Answer = _ => Refund("completed");

        await _order.DoAsync();

        var call = Assert.Single(_order.Provider.Calls);
        Assert.Equal(("POST /v1/refunds", RefundId), (call.ToString(), call.IdempotencyKey));
        Assert.Equal($$"""{"refundId":"{{RefundId}}","paymentId":"p-1","paymentRef":"ref-1","amount":250,"currency":"EUR"}""", call.Body);
        Assert.Equal((OrderStatus.Refunded, ProviderErrands.None), (_order.Order.Status, _order.Order.Errands));
    }

    [Fact]
    public async Task A_refund_that_was_made_and_not_noted_is_asked_for_again_under_the_same_key()
    {
        Due(_order);
        _order.Provider.Answer = _ => Refund("completed");
        _order.FailingAppends = 1;

        await _order.DoAsync();
        Assert.Equal(OrderStatus.RefundDue, _order.Order.Status);
        await _order.DoAsync(attempts: 1);

        Assert.Equal([RefundId, RefundId], _order.Provider.Calls.Select(call => call.IdempotencyKey));
        Assert.Equal(OrderStatus.Refunded, _order.Order.Status);
        Assert.Single(_order.Ids, id => id == "refunds/completed/p-1");
    }

    [Fact]
    public async Task Two_hosts_that_refund_at_once_note_one_refund()
    {
        Due(_order);
        var seen = _order.Order;
        _order.Provider.Answer = _ => Refund("completed");

        await _order.DoAsync(seen);
        await _order.DoAsync(seen);

        Assert.Single(_order.Order.Envelopes, envelope => envelope.Event.Body is OrderEvent.RefundCompleted);
    }

    [Fact]
    public async Task A_refund_that_fails_is_tried_three_times_with_growing_waits_and_then_left_to_a_person()
    {
        Due(_order);
        _order.Provider.Answer = _ => Refund("failed", "no-balance");

        Assert.Equal(TimeSpan.FromMinutes(1), await _order.DoAsync());
        Assert.Equal(TimeSpan.FromMinutes(1), await _order.DoAsync());
        Assert.Single(_order.Provider.Calls);

        _order.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromMinutes(10), await _order.DoAsync());
        _order.Advance(TimeSpan.FromMinutes(10));
        await _order.DoAsync();

        Assert.Equal(3, _order.Provider.Calls.Count);
        Assert.Equal((OrderStatus.Unresolved, ProviderErrands.None), (_order.Order.Status, _order.Order.Errands));
        Assert.Equal(["no-balance", "no-balance", "no-balance"], _order.Order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.RefundFailed>().Select(failed => failed.Reason));
    }

    [Fact]
    public async Task A_refund_under_way_is_asked_about_until_it_is_done()
    {
        Due(_order);
        _order.Provider.Answer = _ => Refund("pending");
        await _order.DoAsync();
        Assert.Equal(OrderStatus.RefundDue, _order.Order.Status);

        _order.Provider.Answer = _ => Refund("completed");
        await _order.DoAsync(attempts: 1);
        Assert.Equal(OrderStatus.Refunded, _order.Order.Status);
    }

    [Fact]
    public async Task A_refusal_with_problem_details_is_a_failure_by_its_name()
    {
        Due(_order);
        _order.Provider.Answer = _ => Json("""{"name":"payment-too-old","detail":"Payments can be refunded for 180 days."}""", HttpStatusCode.UnprocessableEntity, "application/problem+json");

        await _order.DoAsync();

        Assert.Equal("payment-too-old", Assert.Single(_order.Order.Envelopes.Select(envelope => envelope.Event.Body).OfType<OrderEvent.RefundFailed>()).Reason);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_provider_that_cannot_answer_has_not_refused(HttpStatusCode status)
    {
        Due(_order);
        var before = _order.Order;
        _order.Provider.Answer = _ => Json("<html>Not here</html>", status, "text/html");

        await _order.DoAsync();

        Assert.Same(before, _order.Order);
    }

    [Theory]
    [InlineData("""{"refundId":"another","status":"completed"}""")]
    [InlineData("""{"refundId":"m-1:o-1:p-1","status":"done"}""")]
    [InlineData("[]")]
    public async Task An_answer_about_something_else_is_no_refund(string answer)
    {
        Due(_order);
        var before = _order.Order;
        _order.Provider.Answer = _ => Json(answer);

        await _order.DoAsync();

        Assert.Same(before, _order.Order);
    }

    [Fact]
    public async Task Each_surplus_payment_goes_back_though_another_one_fails()
    {
        _order.Says(OrderAtTheDesk.Terms());
        _order.Pays();
        _order.Pays("p-2");
        _order.Pays("p-3");
        _order.Says(new OrderEvent.ShipmentCompleted());
        _order.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((OrderStatus.Completed, ProviderErrands.Refund), (_order.Order.Status, _order.Order.Errands));
        _order.Provider.Answer = call => call.IdempotencyKey!.EndsWith("p-2", StringComparison.Ordinal)
            ? throw new HttpRequestException("Connection reset")
            : Refund("completed", refundId: call.IdempotencyKey!);

        await _order.DoAsync();

        Assert.Equal(["refunds/completed/p-3"], _order.Ids.Where(id => id.StartsWith("refunds/", StringComparison.Ordinal)));
        Assert.Equal(ProviderErrands.Refund, _order.Order.Errands);
    }

    [Fact]
    public async Task Where_business_systems_make_the_refunds_the_provider_is_not_told()
    {
        using var order = new OrderAtTheDesk(options => options with { MakesRefunds = false });
        Due(order);

        await order.DoAsync();

        Assert.Empty(order.Provider.Calls);
    }

    [Fact]
    public async Task An_order_that_was_never_paid_has_nothing_to_give_back()
    {
        _order.Says(OrderAtTheDesk.Terms());
        _order.Says(new OrderEvent.ShipmentFailed("jam"));
        _order.Advance(TimeSpan.FromSeconds(5));
        _order.Provider.Answer = _ => State("closed");
        await _order.DoAsync();

        Assert.Equal(["trade.closed(shipment-failed)"], _order.Decisions);
        Assert.DoesNotContain(_order.Provider.Calls, call => call.Path.EndsWith("refunds", StringComparison.Ordinal));
    }

    // Paid and jammed: the payment goes back.
    private static void Due(OrderAtTheDesk order)
    {
        order.Says(OrderAtTheDesk.Terms());
        order.Pays();
        order.Says(new OrderEvent.ShipmentFailed("jam"));
        order.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((OrderStatus.RefundDue, ProviderErrands.Refund), (order.Order.Status, order.Order.Errands));
    }
}
