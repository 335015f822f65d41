using System.Net;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>A real Prometheus scrapes a running server, and its rules fire for what is broken and only then.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task A_silent_machine_raises_its_alert_and_no_other_until_it_is_back()
    {
        await using var server = await ServeProcess.StartAsync();
        await using var machine = await server.ConnectAsync("m-1");
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        await machine.NextDecisionAsync();
        await using var prometheus = PrometheusServer.Start(server.Address, server.OperatorKey);

        Assert.Equal(["2"], await prometheus.QueryAsync("sum(paymentmonitor_receipts_total{status=\"accepted\"})", values => values is ["2"]));
        await prometheus.QueryAsync("paymentmonitor_machines{state=\"connected\"} == 1", values => values is ["1"]);
        Assert.Empty(await prometheus.AlertsAsync(alerts => alerts is []));

        await machine.DisposeAsync();

        await server.FeedAsync(message => message.GetProperty("machines").GetProperty("silent").GetInt32() == 1);
        Assert.Equal(["MachinesSilent"], await prometheus.AlertsAsync(alerts => alerts is not []));

        await using var again = await server.ConnectAsync("m-1");

        Assert.Empty(await prometheus.AlertsAsync(alerts => alerts is []));
    }

    [Fact]
    public async Task A_server_that_is_gone_raises_its_alert_and_no_other()
    {
        await using var server = await ServeProcess.StartAsync();
        await using var prometheus = PrometheusServer.Start(server.Address, server.OperatorKey);
        await prometheus.QueryAsync("up", values => values is ["1"]);

        await server.KillAsync();

        Assert.Equal(["PaymentMonitorDown"], await prometheus.AlertsAsync(alerts => alerts is not []));
    }

    [Fact]
    public async Task Metrics_are_for_readers()
    {
        await using var server = await TestServer.StartAsync();
        using var nobody = server.Client();

        Assert.Equal((HttpStatusCode.Unauthorized, "no-key"), await TestServer.RefusalAsync(nobody.GetAsync("/metrics")));
    }
}
