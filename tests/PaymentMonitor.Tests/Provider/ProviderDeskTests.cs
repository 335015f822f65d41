using System.Net;
using System.Net.Http.Headers;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using static PaymentMonitor.Tests.Provider.ScriptedProvider;

namespace PaymentMonitor.Tests.Provider;

public sealed class ProviderDeskTests : IDisposable
{
    private readonly OrderAtTheDesk _order = new();

    public void Dispose() => _order.Dispose();

    [Fact]
    public async Task A_claim_that_the_provider_confirms_is_a_payment()
    {
        Claimed();
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now));

        await _order.DoAsync();

        Assert.Equal("GET /v1/payments/ref-1", Assert.Single(_order.Provider.Calls).ToString());
        Assert.Equal(["shipment.allowed(paid)"], _order.Decisions);
        Assert.Equal(EventSource.Provider, _order.Order.Envelopes.Single(envelope => envelope.Event.Id.Value == "asked/paid/p-1").Source);
        Assert.Equal(ProviderErrands.None, _order.Order.Errands);
    }

    [Fact]
    public async Task An_unpaid_is_not_believed_while_the_claim_is_fresh()
    {
        Claimed();
        _order.Provider.Answer = _ => State("unpaid");

        await _order.DoAsync();
        Assert.Equal(ProviderErrands.Claim, _order.Order.Errands);

        _order.Advance(TimeSpan.FromSeconds(10));
        await _order.DoAsync(attempts: 4);
        Assert.Equal(ProviderErrands.None, _order.Order.Errands);
        Assert.Equal(OrderStatus.Paying, _order.Order.Status);
        Assert.Empty(_order.Decisions);
    }

    [Fact]
    public async Task A_claim_about_a_closed_payment_is_denied_at_once()
    {
        Claimed();
        _order.Provider.Answer = _ => State("closed", Payment(_order.Now, status: "failed"));

        await _order.DoAsync();

        Assert.Equal(ProviderErrands.None, _order.Order.Errands);
        Assert.Empty(_order.Decisions);
    }

    [Fact]
    public async Task An_expiring_order_is_closed_at_the_provider_before_it_is_closed_here()
    {
        Expiring();
        _order.Provider.Answer = _ => State("closed");

        await _order.DoAsync();

        Assert.Equal("POST /v1/payments/ref-1/close", Assert.Single(_order.Provider.Calls).ToString());
        Assert.Equal(["trade.closed(expired)"], _order.Decisions);
        Assert.Equal(ProviderErrands.None, _order.Order.Errands);
    }

    [Fact]
    public async Task An_expiring_order_that_was_paid_on_time_is_shipped()
    {
        Expiring();
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now - TimeSpan.FromSeconds(30)));

        await _order.DoAsync();

        Assert.Equal(["shipment.allowed(paid)"], _order.Decisions);
    }

    [Fact]
    public async Task A_payment_under_way_is_waited_for()
    {
        Expiring();
        _order.Provider.Answer = _ => State("pending", Payment(_order.Now, status: "pending"));

        var wait = await _order.DoAsync(attempts: 3);

        Assert.InRange(wait, TimeSpan.FromSeconds(6.4), TimeSpan.FromSeconds(9.6));
        Assert.Equal(ProviderErrands.Expiry, _order.Order.Errands);
        Assert.Empty(_order.Decisions);
    }

    [Fact]
    public async Task The_same_answer_twice_is_one_answer()
    {
        Claimed();
        var before = _order.Order;
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now), Payment(_order.Now, "p-2"));

        await _order.DoAsync(before);
        var after = _order.Order;
        await _order.DoAsync(before);

        Assert.Equal(after.Envelopes.Length, _order.Order.Envelopes.Length);
        Assert.Equal(after.Decisions.Length, _order.Order.Decisions.Length);
        Assert.Equal(2, _order.Order.Envelopes.Count(envelope => envelope is { Source: EventSource.Provider, Event.Body: OrderEvent.PaymentSucceeded }));
    }

    [Theory]
    [InlineData("""{"paymentRef":"ref-2","status":"paid","payments":[]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"perhaps","payments":[]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"unpaid"}""")]
    [InlineData("""{"paymentRef":"ref-1","status":null,"payments":[]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"closed","payments":[{"paymentId":"p-1","status":"succeeded","amount":250,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":-250,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":0,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":9223372036854775808,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":1000000000001,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":2.5,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p-1","status":"succeeded","amount":250,"currency":"euro","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("""{"paymentRef":"ref-1","status":"paid","payments":[{"paymentId":"p 1","status":"succeeded","amount":250,"currency":"EUR","time":"2026-11-23T12:00:00Z"}]}""")]
    [InlineData("<html>Welcome to the hotel's network</html>")]
    [InlineData("null")]
    [InlineData("")]
    public async Task An_answer_that_is_not_of_the_format_decides_nothing(string answer)
    {
        Expiring();
        var before = _order.Order;
        _order.Provider.Answer = _ => Json(answer);

        await _order.DoAsync();

        Assert.Same(before, _order.Order);
        Assert.Equal(ProviderErrands.Expiry, _order.Order.Errands);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.NoContent)]
    public async Task A_provider_that_cannot_answer_has_not_said_unpaid(HttpStatusCode status)
    {
        Expiring();
        var before = _order.Order;
        _order.Provider.Answer = _ => new HttpResponseMessage(status);

        await _order.DoAsync();

        Assert.Same(before, _order.Order);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_tried_again_later()
    {
        Expiring();
        _order.Provider.Answer = _ => throw new HttpRequestException("Connection refused");

        Assert.InRange(await _order.DoAsync(attempts: 30), TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(36));
    }

    [Fact]
    public async Task A_provider_that_names_a_time_is_left_alone_until_then()
    {
        Expiring();
        _order.Provider.Answer = _ => new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(90)) } };

        Assert.Equal(TimeSpan.FromSeconds(90), await _order.DoAsync());
    }

    [Fact]
    public async Task Silence_for_a_quarter_of_an_hour_leaves_the_order_to_a_person_and_a_late_answer_takes_it_back()
    {
        Expiring();
        for (var minute = 0; minute < 15; minute++)
        {
            await _order.DoAsync();
            Assert.Empty(_order.Decisions);
            _order.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal((OrderStatus.Unresolved, ProviderErrands.Overdue), (_order.Order.Status, _order.Order.Errands));
        Assert.InRange(await _order.DoAsync(), TimeSpan.FromSeconds(48), TimeSpan.FromSeconds(72));

        _order.Advance(TimeSpan.FromHours(1));
        _order.Provider.Answer = _ => State("closed");
        await _order.DoAsync();
        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (_order.Order.Status, _order.Order.Errands));
    }

    [Fact]
    public async Task A_payment_found_after_an_outage_goes_back()
    {
        var paidAt = _order.Now + TimeSpan.FromSeconds(30);
        Expiring();
        _order.Advance(TimeSpan.FromHours(1));
        _order.Provider.Answer = _ => State("paid", Payment(paidAt));
        await _order.DoAsync();
        _order.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["trade.closed(stale)", "refund.due(stale)"], _order.Decisions);
        _order.Provider.Answer = _ => Refund("completed");
        await _order.DoAsync();
        Assert.Equal(OrderStatus.Refunded, _order.Order.Status);
    }

    [Fact]
    public async Task A_payment_in_another_currency_is_no_full_one_and_goes_back_in_its_own()
    {
        Claimed();
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now, currency: "USD"));
        await _order.DoAsync();
        _order.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["trade.closed(underpaid)", "refund.due(underpaid)"], _order.Decisions);
        Assert.Equal("USD", _order.Order.Decisions[1].Refund!.Currency.Value);
    }

    [Fact]
    public async Task A_payment_that_the_provider_gave_back_by_itself_is_known_to_be_back()
    {
        Claimed();
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now, status: "refunded"));

        await _order.DoAsync();

        Assert.Contains("refunds/completed/p-1", _order.Ids);
        Assert.DoesNotContain(_order.Provider.Calls, call => call.Path.EndsWith("refunds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_is_down_loses_no_answer()
    {
        Claimed();
        _order.Provider.Answer = _ => State("paid", Payment(_order.Now));
        _order.FailingAppends = 1;

        Assert.True(await _order.DoAsync() >= TimeSpan.FromSeconds(0.8));
        Assert.Empty(_order.Decisions);

        await _order.DoAsync(attempts: 1);
        Assert.Equal(["shipment.allowed(paid)"], _order.Decisions);
    }

    [Fact]
    public async Task An_order_that_was_cancelled_is_closed_at_the_provider_too()
    {
        _order.Says(OrderAtTheDesk.Terms());
        _order.Says(new OrderEvent.Cancelled());
        _order.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["trade.closed(cancelled)"], _order.Decisions);
        _order.Provider.Answer = _ => State("closed");

        await _order.DoAsync();

        Assert.Equal("POST /v1/payments/ref-1/close", Assert.Single(_order.Provider.Calls).ToString());
        Assert.Equal((OrderStatus.Closed, ProviderErrands.None), (_order.Order.Status, _order.Order.Errands));
    }

    [Fact]
    public async Task An_order_of_which_nothing_was_heard_for_a_week_is_left_to_a_person()
    {
        Expiring();
        _order.Advance(TimeSpan.FromDays(7) + TimeSpan.FromHours(1));

        await _order.DoAsync();

        Assert.Empty(_order.Provider.Calls);
    }

    private void Claimed()
    {
        _order.Says(OrderAtTheDesk.Terms());
        _order.Claims();
        Assert.Equal(ProviderErrands.Claim, _order.Order.Errands);
    }

    private void Expiring()
    {
        _order.Says(OrderAtTheDesk.Terms());
        _order.Advance(TimeSpan.FromSeconds(65));
        Assert.Equal(ProviderErrands.Expiry, _order.Order.Errands);
    }
}
