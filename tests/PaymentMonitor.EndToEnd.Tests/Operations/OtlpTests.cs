using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>What a server sends by OTLP, to a collector that reads it.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_traces_and_logs_are_sent_to_where_the_standard_variables_say()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var server = await ServeProcess.StartAsync(collector.Variables);
        await using (var machine = await server.ConnectAsync("m-1"))
        {
            await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
            await machine.NextDecisionAsync();
        }

        await collector.UntilAsync(() =>
            collector.Spans.Any(span => span.Name == "push decision") && collector.Logs.Count > 0
            && collector.Metrics.IsSupersetOf(["paymentmonitor.receipts", "paymentmonitor.decision.duration", "paymentmonitor.disk.free", "dotnet.process.cpu.time"]));

        Assert.Equal(["paymentmonitor"], collector.Services);
        Assert.Contains(collector.Logs, said => said.Contains("Data folder", StringComparison.Ordinal));
        var push = collector.Spans.First(span => span.Name == "push decision");
        var report = Assert.Single(collector.Spans, span => span.SpanId == push.ParentSpanId);
        Assert.Equal(("report", push.TraceId), (report.Name, report.TraceId));
    }

    [Fact]
    public async Task Without_telemetry_nothing_is_sent_and_there_is_nothing_to_scrape_but_the_feed_goes_on()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var server = await ServeProcess.StartAsync(collector.Variables, arguments: ["--no-telemetry"]);
        await using var machine = await server.ConnectAsync("m-1");
        await machine.SayAsync("o-1", TestMachine.Created());
        using var http = server.Client();

        Assert.Equal((System.Net.HttpStatusCode.NotFound, "unknown-route"), await TestServer.RefusalAsync(http.GetAsync(new Uri("/metrics", UriKind.Relative))));
        await server.FeedAsync(message => message.GetProperty("orders").GetProperty("open").GetProperty("created").GetInt32() == 1);
        Assert.False(collector.HasMore);
    }
}
