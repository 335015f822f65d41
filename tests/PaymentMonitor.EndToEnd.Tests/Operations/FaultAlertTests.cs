using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Testing;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>
/// Each fault is made on a running server, is to be seen there, and raises its own alert and no other in a real Prometheus. Where the
/// rules are made to wait for nothing, a condition that holds for a moment would be noticed too.
/// </summary>
public sealed class FaultAlertTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payment_provider_that_is_down()
    {
        var port = FreePort.Next();
        await using var server = await ServeProcess.StartAsync(arguments: ["--provider", $"http://127.0.0.1:{port}"]);
        await using var machine = await server.ConnectAsync("m-1");
        await using var prometheus = await QuietAsync(server);

        // A machine's claim to have been paid at the provider is nothing that it may decide by itself.
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"), TestMachine.Paid("p-1"));

        await server.MetricAsync("paymentmonitor_provider_errands_total{", failed => failed > 0);
        await server.MetricAsync("paymentmonitor_provider_waiting{", waiting => waiting > 0);
        Assert.Equal(["ProviderDown"], await prometheus.AlertsAsync(alerts => alerts is not []));
    }

    [Fact]
    public async Task A_webhook_endpoint_that_is_dead()
    {
        await using var server = await ServeProcess.StartAsync(arguments: ["--webhook-allow-private"]);
        await using var machine = await server.ConnectAsync("m-1");
        await using var prometheus = await QuietAsync(server);
        using var http = server.Client();
        using var subscribed = await http.PostAsJsonAsync("/api/webhooks", new { url = $"http://127.0.0.1:{FreePort.Next()}/" }, Token);
        subscribed.EnsureSuccessStatusCode();

        await machine.SayAsync("o-1", TestMachine.Created());
        await server.FeedAsync(message => message.GetProperty("attention").GetProperty("failingEndpoints").GetInt32() == 1);
        await prometheus.QueryAsync("paymentmonitor_webhooks_attempts_total{outcome=\"failed\"}", values => values is [_]);
        foreach (var order in Enumerable.Range(2, 5))
        {
            await machine.SayAsync(string.Create(CultureInfo.InvariantCulture, $"o-{order}"), TestMachine.Created());
        }

        Assert.Equal(["EndpointDead"], await prometheus.AlertsAsync(alerts => alerts is not []));
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "This test mounts a file system: run it as root on Linux.");
        string? folder = null;
        try
        {
            await using var server = await ServeProcess.StartAsync(prepare: path => Run("mount", "-t", "tmpfs", "-o", "size=20g", "tmpfs", folder = path));
            await using var machine = await server.ConnectAsync("m-1");
            await using var prometheus = await QuietAsync(server);

            Run("mount", "-o", "remount,size=200m", server.Folder);

            await server.MetricAsync("paymentmonitor_disk_free_bytes", free => free < 1e9);
            await machine.SayAsync("o-1", TestMachine.Created());
            Assert.Equal(["DiskNearlyFull"], await prometheus.AlertsAsync(alerts => alerts is not []));
            await server.KillAsync();
            Run("umount", server.Folder);
            folder = null;
        }
        finally
        {
            if (folder is not null)
            {
                Run("umount", "--lazy", folder);
            }
        }
    }

    [Fact]
    public async Task A_provider_whose_statement_differs()
    {
        await using var server = await ServeProcess.StartAsync();
        await using var machine = await server.ConnectAsync("m-1");
        await using var prometheus = await QuietAsync(server);
        using var http = server.Client();

        using var told = await http.PutAsJsonAsync("/api/reconciliation", new
        {
            payments = 1,
            refunds = 0,
            unsettled = 0,
            differences = new[] { new { kind = "unknown-payment", paymentId = "p-1", order = (string?)null, sentence = "Nobody knows of it." } },
        }, Token);
        told.EnsureSuccessStatusCode();

        await server.FeedAsync(message => message.GetProperty("attention").GetProperty("differences").GetInt32() == 1);
        Assert.Equal(["StatementDiffers"], await prometheus.AlertsAsync(alerts => alerts is not []));
    }

    [Fact]
    public async Task A_burst_that_is_more_than_the_queue_holds()
    {
        await using var server = await ServeProcess.StartAsync(arguments: ["--queue-capacity", "200"]);
        var fleet = new List<TestClient>();
        try
        {
            using var http = server.Client();
            foreach (var number in Enumerable.Range(1, 160))
            {
                fleet.Add(await TestClient.ConnectAsync(await WayInAsync(http, $"m-{number}")));
            }

            // A queue that was full for a moment has nobody waked yet: here the rules wait as long as they say.
            await using var prometheus = await QuietAsync(server, waits: true);
            using (var disk = Database.Open(Path.Combine(server.Folder, "paymentmonitor.db"), writable: true))
            {
                // As a disk that stalls: the store's next transaction waits for the end of this one.
                disk.Execute("BEGIN IMMEDIATE");
                await Task.WhenAll(fleet.Select(FlushOutboxAsync));
                await server.MetricAsync("paymentmonitor_store_refused_total", refused => refused > 0);
                disk.Execute("ROLLBACK");
            }

            Assert.Equal(["EventsRefused"], await prometheus.AlertsAsync(alerts => alerts is not []));
        }
        finally
        {
            fleet.ForEach(machine => machine.Dispose());
        }
    }

    [Fact]
    public async Task An_event_on_which_the_rules_fail()
    {
        await using var server = await ServeProcess.StartAsync();
        await using (var before = await server.ConnectAsync("m-1"))
        {
            await before.SayAsync("o-1", TestMachine.Created());
        }

        await server.KillAsync();
        using (var database = Database.Open(Path.Combine(server.Folder, "paymentmonitor.db"), writable: true))
        {
            database.Execute("UPDATE orders SET document = x'7b'");
        }

        await server.StartAgainAsync();
        await using var machine = await server.ConnectAsync("m-1");
        await using var prometheus = await QuietAsync(server);

        await machine.SayAsync("o-1", TestMachine.Paid("p-1"));
        await machine.SayAsync("o-2", TestMachine.Created());

        await server.FeedAsync(message => message.GetProperty("attention").GetProperty("deadLetters").GetInt32() == 1);
        Assert.Equal(["PoisonEvent"], await prometheus.AlertsAsync(alerts => alerts is not []));
    }

    /// <summary>A Prometheus that has seen the server without a fault: what is counted must be seen to grow.</summary>
    private static async Task<PrometheusServer> QuietAsync(ServeProcess server, bool waits = false)
    {
        var prometheus = PrometheusServer.Start(server.Address, server.OperatorKey, waits);
        await prometheus.QueryAsync("paymentmonitor_store_poison_total + paymentmonitor_store_refused_total", values => values is ["0"]);
        await prometheus.QueryAsync("sum(paymentmonitor_machines{state=\"connected\"})", values => values is not ([] or ["0"]));
        Assert.Empty(await prometheus.AlertsAsync(alerts => alerts is []));
        return prometheus;
    }

    private static async Task<Uri> WayInAsync(HttpClient http, string machineId)
    {
        using var answer = await http.PostAsJsonAsync("/api/negotiate", new { machineId, secret = DemoMachines.Secret }, Token);
        var way = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Token);
        return new Uri($"{way.GetProperty("url")}?access_token={way.GetProperty("token")}");
    }

    private static async Task FlushOutboxAsync(TestClient machine)
    {
        for (var order = 0; order < 64; order++)
        {
            await machine.SendEventAsync("order", $$$"""
                {"id":"e-{{{order}}}","type":"order.created","orderId":"o-{{{order}}}","time":"2026-01-01T00:00:00Z","data":{"amount":250,"currency":"EUR","channel":"card-terminal","expiresIn":86400}}
                """);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
