using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Simulator;

public sealed class PaymentProviderTests : IAsyncDisposable
{
    private static readonly WebhookSecret Secret = WebhookSecret.TryParse(WebhookSecret.Generate(), out var secret) ? secret : throw new InvalidOperationException();

    private readonly HttpClient _customer = new();
    private readonly Channel<Delivery> _deliveries = System.Threading.Channels.Channel.CreateUnbounded<Delivery>();
    private readonly List<WebApplication> _running = [];
    private int _failures;

    public async ValueTask DisposeAsync()
    {
        _customer.Dispose();
        foreach (var app in Enumerable.Reverse(_running))
        {
            await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_payment_is_called_back_signed_and_with_its_own_time()
    {
        await StartAsync();

        var started = await PayAsync("ref-1");

        var delivery = await NextAsync();
        Assert.True(Secret.Verify(delivery.Id, delivery.Timestamp, delivery.Signature, delivery.Body, TimeProvider.System.GetUtcNow()));
        using var json = JsonDocument.Parse(delivery.Body);
        var data = json.RootElement.GetProperty("data");
        Assert.Equal("payment.succeeded", json.RootElement.GetProperty("type").GetString());
        Assert.Equal("ref-1", data.GetProperty("paymentRef").GetString());
        Assert.Equal(started.PaymentId, data.GetProperty("paymentId").GetString());
        Assert.Equal(250, data.GetProperty("amount").GetInt64());
        Assert.Equal(started.Time, data.GetProperty("time").GetDateTimeOffset());
        Assert.Equal("prompt", started.Delivery);
    }

    [Fact]
    public async Task A_callback_that_is_not_taken_is_delivered_again_under_the_same_id()
    {
        _failures = 2;
        await StartAsync();

        await PayAsync("ref-1");

        var first = await NextAsync();
        await NextAsync();
        var third = await NextAsync();
        Assert.Equal(first.Id, third.Id);
        Assert.Equal(first.Body, third.Body);
        await ToldAsync();
    }

    [Fact]
    public async Task A_first_delivery_that_gets_lost_is_made_up_for()
    {
        await StartAsync(options => options with { LostShare = 1 });

        var started = await PayAsync("ref-1");

        Assert.Equal("lost", started.Delivery);
        Assert.Contains(started.PaymentId, System.Text.Encoding.UTF8.GetString((await NextAsync()).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_callback_can_come_twice()
    {
        await StartAsync(options => options with { TwiceShare = 1 });

        await PayAsync("ref-1");

        Assert.Equal((await NextAsync()).Id, (await NextAsync()).Id);
    }

    [Fact]
    public async Task A_reference_is_unpaid_until_it_was_paid_and_cannot_be_paid_once_it_is_closed()
    {
        await StartAsync();
        Assert.Equal("unpaid", (await AskAsync("ref-1")).Status);

        await _customer.PostAsync("/payments/ref-2/close", null, TestContext.Current.CancellationToken);
        using var refused = await _customer.PostAsJsonAsync("/payments", new PaymentRequest("ref-2", 250, "EUR"));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("closed", (await AskAsync("ref-2")).Status);

        await PayAsync("ref-1");
        await NextAsync();
        var answer = await AskAsync("ref-1");
        Assert.Equal("paid", answer.Status);
        Assert.Equal("succeeded", answer.Payments.Single().Status);

        await PayAsync("ref-2", "crossing");
        await NextAsync();
        Assert.Equal("paid", (await AskAsync("ref-2")).Status);
    }

    [Fact]
    public async Task A_refund_happens_once_however_often_it_is_asked_for()
    {
        await StartAsync();
        var started = await PayAsync("ref-1");
        await NextAsync();

        var first = await RefundAsync(new RefundRequest("r-1", started.PaymentId, 250, "EUR"));
        var again = await RefundAsync(new RefundRequest("r-1", started.PaymentId, 250, "EUR"));
        using var other = await PostRefundAsync(new RefundRequest("r-2", started.PaymentId, 250, "EUR"));

        Assert.Equal(first, again);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        using var json = JsonDocument.Parse((await NextAsync()).Body);
        Assert.Equal("refund.completed", json.RootElement.GetProperty("type").GetString());
        await ToldAsync();
        Assert.False(_deliveries.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Merchants_need_their_key_and_customers_do_not()
    {
        await StartAsync(options => options with { ApiKey = "merchant" });
        await PayAsync("ref-1");

        using var stranger = await _customer.GetAsync(new Uri("/payments/ref-1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);

        _customer.DefaultRequestHeaders.Authorization = new("Bearer", "merchant");
        Assert.Equal("ref-1", (await AskAsync("ref-1")).PaymentRef);
    }

    [Fact]
    public async Task A_call_that_fails_by_chance_was_not_done()
    {
        await StartAsync(options => options with { ErrorShare = 1 });

        using var closing = await _customer.PostAsync("/payments/ref-1/close", null, TestContext.Current.CancellationToken);

        Assert.Contains(closing.StatusCode, new[] { HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests });
        await PayAsync("ref-1");
    }

    [Fact]
    public async Task A_call_that_is_never_answered_was_done_all_the_same()
    {
        await StartAsync(options => options with { SilentShare = 1, SilentFor = TimeSpan.FromMilliseconds(10) });

        await Assert.ThrowsAsync<HttpRequestException>(() => _customer.PostAsync("/payments/ref-1/close", null, TestContext.Current.CancellationToken));

        using var refused = await _customer.PostAsJsonAsync("/payments", new PaymentRequest("ref-1", 250, "EUR"));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Fact]
    public async Task A_declined_payment_is_called_back_as_failed()
    {
        await StartAsync();

        await PayAsync("ref-1", "fail");

        using var json = JsonDocument.Parse((await NextAsync()).Body);
        Assert.Equal("payment.failed", json.RootElement.GetProperty("type").GetString());
        Assert.Equal("unpaid", (await AskAsync("ref-1")).Status);
    }

    [Fact]
    public async Task A_malformed_payment_is_refused_by_its_rule()
    {
        await StartAsync();

        using var refused = await _customer.PostAsJsonAsync("/payments", new PaymentRequest("no spaces", 250, "EUR"));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("paymentRef must be", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task StartAsync(Func<ProviderOptions, ProviderOptions>? change = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var merchant = builder.Build();
        merchant.MapPost("/callback", (Delegate)TakeAsync);
        await merchant.StartAsync();
        _running.Add(merchant);

        var options = new ProviderOptions
        {
            Callback = new Uri(merchant.Urls.Single() + "/callback"),
            Secret = Secret,
            Processing = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)),
            RedeliverAfter = TimeSpan.FromMilliseconds(10),
        };
        var provider = PaymentProvider.Build(change?.Invoke(options) ?? options);
        await provider.StartAsync();
        _running.Add(provider);
        _customer.BaseAddress = new Uri(provider.Urls.Single());
    }

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        _deliveries.Writer.TryWrite(new Delivery(headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, body.ToArray()));
        return Interlocked.Decrement(ref _failures) >= 0 ? Results.StatusCode(503) : Results.NoContent();
    }

    private async Task<PaymentStarted> PayAsync(string reference, string? behaviour = null)
    {
        using var response = await _customer.PostAsJsonAsync("/payments", new PaymentRequest(reference, 250, "EUR", behaviour));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<PaymentStarted>())!;
    }

    private async Task<PaymentAnswer> AskAsync(string reference) => (await _customer.GetFromJsonAsync<PaymentAnswer>($"/payments/{reference}"))!;

    private async Task<RefundAnswer> RefundAsync(RefundRequest request)
    {
        using var response = await PostRefundAsync(request);
        return (await response.Content.ReadFromJsonAsync<RefundAnswer>())!;
    }

    private async Task<HttpResponseMessage> PostRefundAsync(RefundRequest request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/refunds") { Content = JsonContent.Create(request) };
        message.Headers.Add("Idempotency-Key", request.RefundId);
        return await _customer.SendAsync(message);
    }

    private async Task<Delivery> NextAsync() => await _deliveries.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private async Task ToldAsync()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _customer.GetFromJsonAsync<CallbackStatus>("/callbacks", guard.Token))!.Pending > 0)
        {
            await Task.Yield();
        }
    }

    private sealed record Delivery(string Id, string Timestamp, string Signature, byte[] Body);
}
