using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>One trace leads from a machine's report to the decision that it caused.</summary>
public sealed class TraceTests
{
    private const string Now = "2026-11-25T08:00:00Z";

    [Fact]
    public async Task A_decision_carries_the_trace_of_the_report_and_its_push_is_a_span_of_it()
    {
        var context = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var spans = new ConcurrentQueue<Activity>();
        var pushed = new TaskCompletionSource();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Source,
            Sample = (ref options) => options.Parent.TraceId == context.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                spans.Enqueue(span);
                if (span.OperationName == "push decision")
                {
                    pushed.TrySetResult();
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await TestServer.StartAsync();
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "card-terminal")));

        await ReportAsync(socket, "e-1", "order.created", """{"amount":250,"currency":"EUR","channel":"card-terminal","expiresIn":300}""", null);
        await ReportAsync(socket, "e-2", "payment.succeeded", """{"paymentId":"p-1","amount":250}""", $"00-{context.TraceId}-{context.SpanId}-01");
        var decision = await DecisionAsync(socket);
        await pushed.Task.WaitAsync(TestServer.Guard);

        Assert.Contains(context.TraceId.ToString(), decision.GetProperty("trace").GetString(), StringComparison.Ordinal);
        Assert.Equal(["push decision", "report"], spans.Select(span => span.OperationName).Order());
        var report = spans.Single(span => span.OperationName == "report");
        Assert.Equal(context.SpanId, report.ParentSpanId);
        Assert.Equal(report.SpanId, spans.Single(span => span.OperationName == "push decision").ParentSpanId);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    public async Task No_span_is_made_for_a_report_that_is_not_drawn_unless_its_reporter_samples_it(string? trace, bool expected)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Source,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await TestServer.StartAsync(adapt: services => services.AddSingleton(new IntakeOptions { TracedShare = 0 }));
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "card-terminal")));

        await ReportAsync(socket, "e-1", "order.created", """{"amount":250,"currency":"EUR","channel":"card-terminal","expiresIn":300}""", null);
        await ReportAsync(socket, "e-2", "payment.succeeded", """{"paymentId":"p-1","amount":250}""", trace);
        var decision = await DecisionAsync(socket);

        // A span of its own would be what the decision carries.
        var carried = decision.TryGetProperty("trace", out var field) ? field.GetString() : null;
        Assert.Equal(expected, carried != trace);
        Assert.Equal(trace?[..35], carried?[..35]);
    }

    [Theory]
    [InlineData("\"not a trace\"")]
    [InlineData("17")]
    [InlineData("{\"id\":1}")]
    [InlineData("\"00-ABCDEF00112233445566778899aabbcc-0011223344556677-01\"")]
    public async Task A_wrong_trace_costs_no_event(string trace)
    {
        await using var server = await TestServer.StartAsync();
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", await server.RegisterAsync("m-1", "card-terminal")));

        await socket.SendEventAsync("order", $$$"""{"id":"e-1","type":"payment.started","orderId":"o-1","time":"{{{Now}}}","trace":{{{trace}}},"data":{} }""");

        Assert.Equal("accepted", (await socket.ReadJsonAsync()).GetProperty("data").GetProperty("status").GetString());
    }

    private static async Task ReportAsync(TestClient socket, string id, string type, string data, string? trace)
    {
        var field = trace is null ? "" : $"\"trace\":\"{trace}\",";
        await socket.SendEventAsync("order", $$$"""{"id":"{{{id}}}","type":"{{{type}}}","orderId":"o-1","time":"{{{Now}}}",{{{field}}}"data":{{{data}}} }""");
    }

    private static async Task<JsonElement> DecisionAsync(TestClient socket)
    {
        while (true)
        {
            var data = (await socket.ReadJsonAsync()).GetProperty("data");
            if (data.GetProperty("type").GetString() == "decision")
            {
                return data;
            }
        }
    }
}
