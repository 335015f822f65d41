using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Tests.Provider;

/// <summary>The provider's client as a host has it, against real web servers.</summary>
public sealed class ProviderOverHttpTests : IAsyncDisposable
{
    private static readonly PaymentReference Reference = PaymentReference.Parse("ref-1");

    private readonly List<IAsyncDisposable> _running = [];
    private int _calls;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running))
        {
            await running.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_simulated_provider_speaks_the_format()
    {
        var address = await SimulatedAsync();
        var client = Client(address, "merchant");
        Assert.Equal("unpaid", (await client.QueryAsync(Reference, Token)).Status);

        using var customer = new HttpClient { BaseAddress = address };
        using var paying = await customer.PostAsJsonAsync("/payments", new PaymentRequest("ref-1", 250, "EUR"), Token);
        var started = (await paying.Content.ReadFromJsonAsync<PaymentStarted>(Token))!;
        var state = await client.CloseAsync(Reference, Token);
        while (state.Status == "pending")
        {
            state = await client.CloseAsync(Reference, Token);
        }

        var payment = Assert.Single(state.Payments);
        Assert.Equal(("paid", "succeeded", 250, started.Time), (state.Status, payment.Status, payment.Amount, payment.Time));
        var refund = new RefundOrder("m-1:o-1:p-1", payment.PaymentId, 250, Currency.Parse("EUR"));
        Assert.Equal("completed", (await client.RefundAsync(refund, Reference, Token)).Status);
        Assert.Equal("completed", (await client.RefundAsync(refund, null, Token)).Status);
        Assert.Equal("already-refunded", (await client.RefundAsync(refund with { RefundId = "another" }, Reference, Token)).Reason);
        Assert.Equal("unknown-payment", (await client.RefundAsync(refund with { PaymentId = PaymentId.Parse("p-2") }, Reference, Token)).Reason);

        var closed = PaymentReference.Parse("ref-2");
        Assert.Equal("closed", (await client.CloseAsync(closed, Token)).Status);
        Assert.Equal("closed", (await client.QueryAsync(closed, Token)).Status);

        customer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "merchant");
        using var text = new StringReader(await customer.GetStringAsync("/statement.csv", Token));
        Assert.Equal(
            [(StatementKind.Payment, payment.PaymentId, 250, null), (StatementKind.Refund, payment.PaymentId, 250, "m-1:o-1:p-1")],
            StatementFile.Read(text).Select(line => (line.Kind, line.PaymentId, line.Amount, line.RefundId)));
    }

    [Fact]
    public async Task A_wrong_key_is_no_answer()
    {
        var client = Client(await SimulatedAsync(), "stolen");

        var refused = await Assert.ThrowsAsync<ProviderException>(() => client.QueryAsync(Reference, Token));
        Assert.Contains("401", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_tried_again_within_the_call()
    {
        var client = Client(await ServerAsync(context => Interlocked.Increment(ref _calls) < 3 ? Fail(context, StatusCodes.Status502BadGateway) : Unpaid(context)));

        Assert.Equal("unpaid", (await client.QueryAsync(Reference, Token)).Status);
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task A_provider_that_wants_to_be_left_alone_is_not_called_again_at_once()
    {
        var client = Client(await ServerAsync(context =>
        {
            Interlocked.Increment(ref _calls);
            context.Response.Headers.RetryAfter = "60";
            return Fail(context, StatusCodes.Status429TooManyRequests);
        }));

        var refused = await Assert.ThrowsAsync<ProviderException>(() => client.QueryAsync(Reference, Token));
        Assert.Equal((TimeSpan.FromSeconds(60), 1), (refused.RetryAfter, _calls));
    }

    [Fact]
    public async Task A_silent_provider_is_given_up()
    {
        var client = Client(await ServerAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted)), attemptTimeout: TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAsync<ProviderException>(() => client.QueryAsync(Reference, Token)).WaitAsync(TimeSpan.FromSeconds(60), Token);
    }

    [Fact]
    public async Task A_provider_that_keeps_failing_is_spared_for_a_while()
    {
        var client = Client(await ServerAsync(context =>
        {
            Interlocked.Increment(ref _calls);
            return Fail(context, StatusCodes.Status500InternalServerError);
        }));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Assert.ThrowsAsync<ProviderException>(() => client.QueryAsync(Reference, Token))));
        var reached = _calls;

        await Assert.ThrowsAsync<ProviderException>(() => client.QueryAsync(Reference, Token));

        // On a machine that is slow enough the circuit lets a single call through again; without it there would be three.
        Assert.True(reached < 30, $"All of {reached} calls reached it.");
        Assert.InRange(_calls - reached, 0, 1);
    }

    [Fact]
    public async Task Nobody_who_listens_is_no_answer()
    {
        var address = await ServerAsync(Unpaid);
        await _running[0].DisposeAsync();

        await Assert.ThrowsAsync<ProviderException>(() => Client(address).QueryAsync(Reference, Token));
    }

    [Fact]
    public void Settings_that_cannot_work_are_refused_by_their_rule()
    {
        var good = new PaymentProviderOptions { Address = new Uri("https://psp.example.com/v1"), ApiKey = "key" };
        good.Validate();

        Refused(good with { Address = new Uri("/relative", UriKind.Relative) }, "Address");
        Refused(good with { Address = new Uri("ftp://psp.example.com") }, "Address");
        Refused(good with { Address = new Uri("https://psp.example.com/?key=1") }, "Address");
        Refused(good with { ApiKey = "two words" }, "ApiKey");
        Refused(good with { ApiKey = "" }, "ApiKey");
        Refused(good with { AttemptTimeout = TimeSpan.Zero }, "AttemptTimeout");
        Refused(good with { AttemptTimeout = TimeSpan.FromMinutes(2) }, "AttemptTimeout");
        Refused(good with { ShowsPaymentsWithin = TimeSpan.FromSeconds(-1) }, "ShowsPaymentsWithin");
        Refused(good with { LeavesAfter = TimeSpan.Zero }, "LeavesAfter");
    }

    private static void Refused(PaymentProviderOptions options, string name) =>
        Assert.Contains($"{nameof(PaymentProviderOptions)}.{name} must be", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);

    private PaymentProviderClient Client(Uri address, string? key = null, TimeSpan? attemptTimeout = null)
    {
        var options = new PaymentProviderOptions { Address = address, ApiKey = key, AttemptTimeout = attemptTimeout ?? TimeSpan.FromSeconds(30) };
        var services = new ServiceCollection().AddLogging().AddMetrics().AddPaymentProvider(options).BuildServiceProvider();
        _running.Add(services);
        return services.GetRequiredService<PaymentProviderClient>();
    }

    private async Task<Uri> SimulatedAsync()
    {
        Assert.True(WebhookSecret.TryParse(WebhookSecret.Generate(), out var secret));
        var provider = PaymentProvider.Build(new ProviderOptions
        {
            Callback = await ServerAsync(context => Fail(context, StatusCodes.Status204NoContent)),
            Secret = secret,
            ApiKey = "merchant",
            Processing = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5)),
        });
        await provider.StartAsync(Token);
        _running.Add(provider);
        return new Uri(provider.Urls.Single());
    }

    private async Task<Uri> ServerAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(Token);
        _running.Add(app);
        return new Uri(app.Urls.Single());
    }

    private static Task Fail(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task Unpaid(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{"paymentRef":"ref-1","status":"unpaid","payments":[]}""");
    }
}
