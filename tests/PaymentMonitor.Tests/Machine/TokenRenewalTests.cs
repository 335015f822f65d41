using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class TokenRenewalTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Negotiations _negotiations;
    private readonly TokenRenewal _token;

    public TokenRenewalTests()
    {
        _negotiations = new Negotiations(_time);
        var options = new MachineClientOptions
        {
            Endpoint = new Uri("http://127.0.0.1"),
            MachineId = MachineId.Parse("m-1"),
            Secret = "s",
            Journal = null!,
            RefusedDelay = TimeSpan.FromMinutes(5),
        };
        var http = new HttpMessageInvoker(_negotiations);
        _token = new TokenRenewal(options, new Negotiator(options, http, new MachineClock(_time), _time), _time, new Random(1), NullLogger.Instance);
    }

    public void Dispose() => _negotiations.Dispose();

    [Fact]
    public async Task A_token_is_used_again_until_it_is_about_to_expire()
    {
        var first = await _token.GetAsync(default);
        _time.Advance(TimeSpan.FromMinutes(57));
        var again = await _token.GetAsync(default);
        _time.Advance(TimeSpan.FromMinutes(2));
        var next = await _token.GetAsync(default);

        Assert.Same(first, again);
        Assert.NotEqual(first.Token, next.Token);
        Assert.Equal(2, _negotiations.Count);
    }

    [Fact]
    public async Task While_a_connection_lives_the_token_is_renewed_before_it_expires()
    {
        await _token.GetAsync(default);
        using var ending = new CancellationTokenSource();
        var renewing = _token.RunAsync(ending.Token);

        await PassAsync(TimeSpan.FromMinutes(55), until: 2);
        var kept = await _token.GetAsync(default);

        Assert.Equal("token-2", kept.Token);
        Assert.Equal(2, _negotiations.Count);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewing);
    }

    [Fact]
    public async Task A_renewal_that_fails_is_tried_again_before_the_token_expires()
    {
        await _token.GetAsync(default);
        using var ending = new CancellationTokenSource();
        _ = _token.RunAsync(ending.Token);
        _negotiations.Status = HttpStatusCode.BadGateway;
        await PassAsync(TimeSpan.FromMinutes(55), until: 2);
        _negotiations.Status = HttpStatusCode.OK;

        await PassAsync(TimeSpan.FromMinutes(24), until: 3);

        Assert.Equal("token-3", (await _token.GetAsync(default)).Token);
        await ending.CancelAsync();
    }

    [Fact]
    public async Task A_refused_renewal_does_not_hammer()
    {
        await _token.GetAsync(default);
        using var ending = new CancellationTokenSource();
        _ = _token.RunAsync(ending.Token);
        _negotiations.Status = HttpStatusCode.Unauthorized;

        await PassAsync(TimeSpan.FromHours(2), until: 10);

        Assert.InRange(_negotiations.Count, 3, 25);
        await ending.CancelAsync();
    }

    [Fact]
    public async Task A_token_that_the_service_does_not_take_is_replaced()
    {
        await _token.GetAsync(default);

        _token.Discard();

        Assert.Equal("token-2", (await _token.GetAsync(default)).Token);
    }

    [Fact]
    public async Task A_wrong_clock_of_the_machine_does_not_make_a_token_seem_old()
    {
        _negotiations.Ahead = TimeSpan.FromDays(400);

        await _token.GetAsync(default);
        await _token.GetAsync(default);

        Assert.Equal(1, _negotiations.Count);
    }

    /// <summary>Lets time pass in small steps, so that what is due in between happens in its order.</summary>
    private async Task PassAsync(TimeSpan time, int until)
    {
        for (var step = TimeSpan.FromSeconds(5); time > TimeSpan.Zero && _negotiations.Count < until; time -= step)
        {
            _time.Advance(step);
            await Task.Yield();
        }
    }

    private sealed class Negotiations(TimeProvider time) : HttpMessageHandler
    {
        internal int Count { get; private set; }

        internal HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        internal TimeSpan Ahead { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow() + Ahead;
            var answer = new NegotiateAnswer("ws://127.0.0.1/client/hubs/machines", $"token-{++Count}", now.AddHours(1), now);
            return Task.FromResult(new HttpResponseMessage(Status)
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(answer, WireJson.Default.NegotiateAnswer)),
            });
        }
    }
}
