using System.Net;
using System.Text;
using System.Threading.Channels;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Provider;

/// <summary>A payment provider that answers what the test tells it to, and remembers what it was asked.</summary>
internal sealed class ScriptedProvider : HttpMessageHandler
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    /// <summary>Answers each call; replaced in the middle of a test when the provider changes its mind.</summary>
    internal Func<Call, HttpResponseMessage> Answer { get; set; } = _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);

    /// <summary>What happens between a call and its answer.</summary>
    internal Func<Call, Task> Meanwhile { get; set; } = _ => Task.CompletedTask;

    internal List<Call> Calls { get; } = [];

    internal PaymentProviderClient Client() => new(new HttpClient(this, disposeHandler: false) { BaseAddress = new Uri("http://provider.test/v1/") });

    internal async Task<Call> NextCallAsync() => await _calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    internal static HttpResponseMessage Json(string json, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json")
    {
        return new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, type) };
    }

    internal static HttpResponseMessage State(string status, params string[] payments)
    {
        return Json($$"""{"paymentRef":"ref-1","status":"{{status}}","payments":[{{string.Join(',', payments)}}]}""");
    }

    internal static string Payment(DateTimeOffset time, string id = "p-1", string amount = "250", string currency = "EUR", string status = "succeeded")
    {
        return $$"""{"paymentId":"{{id}}","status":"{{status}}","amount":{{amount}},"currency":"{{currency}}","time":"{{time:O}}"}""";
    }

    internal static HttpResponseMessage Refund(string status, string? reason = null, string refundId = "m-1:o-1:p-1")
    {
        return Json($$"""{"refundId":"{{refundId}}","status":"{{status}}"{{(reason is null ? "" : $",\"reason\":\"{reason}\"")}}}""");
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "";
        var key = request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null;
        var call = new Call(request.Method, request.RequestUri!.AbsolutePath, key, body);
        lock (Calls)
        {
            Calls.Add(call);
        }

        _calls.Writer.TryWrite(call);
        await Meanwhile(call);
        return Answer(call);
    }

    internal sealed record Call(HttpMethod Method, string Path, string? IdempotencyKey, string Body)
    {
        public override string ToString() => $"{Method} {Path}";
    }
}
