using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>The server and a payment provider as separate programs, of which one dies, and the statement between them.</summary>
public sealed class ProviderTests : IAsyncDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;
    private readonly string _secret = WebhookSecret.Generate();
    private readonly Channel<string> _refunds = System.Threading.Channels.Channel.CreateUnbounded<string>();
    private readonly ConcurrentBag<Process> _processes = [];
    private volatile bool _answers;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_server_that_is_killed_between_a_refund_and_its_bookkeeping_repeats_it_under_the_same_key()
    {
        await using var provider = await ProviderAsync();
        var key = ApiKeyFile.Open(_folder, TimeProvider.System).Add("test", Roles.Operator);
        var (server, address) = await ServeAsync(provider.Urls.Single());
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        await SellAndJamAsync(address, http);

        // The provider has made the refund and does not get to say so.
        var first = await _refunds.Reader.ReadAsync().AsTask().WaitAsync(Guard);
        server.Kill();
        await server.WaitForExitAsync();
        _answers = true;
        (_, address) = await ServeAsync(provider.Urls.Single());

        Assert.Equal(first, await _refunds.Reader.ReadAsync().AsTask().WaitAsync(Guard));
        Assert.Equal("m-1:o-1:p-1", first);
        var order = await OrderAsync(http, address, "Refunded");
        Assert.Single(order["events"]!.AsArray(), e => e!["type"]!.GetValue<string>() == "refund.completed");
        Assert.Single(order["decisions"]!.AsArray(), decision => decision!["kind"]!.GetValue<string>() == "refund.due");
    }

    [Fact]
    public async Task A_statement_that_differs_is_told_by_kind_and_exit_code()
    {
        await using var server = await TestServer.StartAsync(providerSecret: _secret);
        await using var machine = await server.NewMachineAsync("m-1", "qr");
        await machine.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));
        await CallBackAsync(server.Operator, server.Address);
        await machine.NextDecisionAsync();
        string[] at = ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Reader), "--settled-before", "2100-01-01"];
        var paid = $"payment,{TimeProvider.System.GetUtcNow():O},p-1,ref-1,250,EUR";
        var (file, json) = (Path.Combine(_folder, "statement.csv"), Path.Combine(_folder, "report.json"));

        await File.WriteAllTextAsync(file, $"type,time,paymentId,paymentRef,amount,currency\n{paid}\n", TestContext.Current.CancellationToken);
        var good = await PaymentMonitorProgram.RunAsync(["reconcile", file, .. at]);
        Assert.True(good.ExitCode == 0, good.Output + good.Errors);
        Assert.Contains("1 payments and 0 refunds compared", good.Output, StringComparison.Ordinal);

        await File.AppendAllTextAsync(file, $"{paid.Replace("p-1", "p-2", StringComparison.Ordinal)}\nrefund{paid[7..]}\n", TestContext.Current.CancellationToken);
        var bad = await PaymentMonitorProgram.RunAsync(["reconcile", file, .. at, "--json", json]);
        Assert.True(bad.ExitCode == 1, bad.Output + bad.Errors);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!;
        Assert.Contains("note: the operations page does not show this: wrong-role: ", bad.Errors, StringComparison.Ordinal);
        Assert.Empty((await server.GetAsync("/api/reconciliation"))["items"]!.AsArray());
        var told = await PaymentMonitorProgram.RunAsync("reconcile", file, "--data", server.Folder, "--settled-before", "2100-01-01");
        Assert.Equal((1, ""), (told.ExitCode, told.Errors));
        Assert.Equal(2, (await server.GetAsync("/api/reconciliation"))["items"]!.AsArray().Count);
        Assert.Equal(["unknown-payment", "refund-not-ordered"], report["differences"]!.AsArray().Select(difference => difference!["kind"]!.GetValue<string>()));

        await File.WriteAllTextAsync(file, "date,sum\n", TestContext.Current.CancellationToken);
        var wrong = await PaymentMonitorProgram.RunAsync(["reconcile", file, .. at]);
        Assert.Equal(3, wrong.ExitCode);
        Assert.StartsWith("error: wrong-statement: ", wrong.Errors, StringComparison.Ordinal);
    }

    private async Task<(Process Process, Uri Address)> ServeAsync(string provider)
    {
        var path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "paymentmonitor.exe" : "paymentmonitor");
        var start = new ProcessStartInfo(path, ["serve", "--urls", "http://127.0.0.1:0", "--data", _folder, "--demo-credentials", "--provider", provider])
        {
            RedirectStandardOutput = true,
            Environment = { ["PAYMENTMONITOR_PROVIDER_SECRET"] = _secret },
        };
        var process = Process.Start(start)!;
        _processes.Add(process);
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Guard) is { } line)
        {
            if (line.StartsWith("Listening on ", StringComparison.Ordinal))
            {
                return (process, new Uri(line["Listening on ".Length..].Trim()));
            }
        }

        throw new InvalidOperationException("The server did not start.");
    }

    private async Task<WebApplication> ProviderAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/refunds", async (HttpContext context) =>
        {
            var refund = context.Request.Headers["Idempotency-Key"].ToString();
            var answers = _answers;
            _refunds.Writer.TryWrite(refund);
            if (!answers)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            return Results.Text($$"""{"refundId":"{{refund}}","status":"completed"}""", "application/json");
        });
        await app.StartAsync();
        return app;
    }

    private async Task SellAndJamAsync(Uri address, HttpClient http)
    {
        await using var machine = new MachineClient(new MachineClientOptions
        {
            Endpoint = address,
            MachineId = MachineId.Parse("m-1"),
            Secret = DemoMachines.Secret,
            Journal = MachineJournal.InMemory(),
        });
        await machine.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(Guard);
        await SayAsync(machine, TestMachine.Created("qr", "ref-1"));
        await CallBackAsync(http, address);
        await SayAsync(machine, new OrderEvent.ShipmentFailed("jam"));
    }

    private static async Task SayAsync(MachineClient machine, OrderEvent body)
    {
        var report = await machine.ReportAsync(OrderId.Parse("o-1"), body);
        Assert.Equal(ReceiptStatus.Accepted, (await report.Receipt.WaitAsync(Guard)).Status);
    }

    private async Task CallBackAsync(HttpClient http, Uri address)
    {
        Assert.True(WebhookSecret.TryParse(_secret, out var signer));
        var now = TimeProvider.System.GetUtcNow();
        var body = Encoding.UTF8.GetBytes($$$"""{"type":"payment.succeeded","timestamp":"{{{now:O}}}","data":{"paymentRef":"ref-1","paymentId":"p-1","amount":250,"currency":"EUR"}}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/api/provider/callback")) { Content = new ByteArrayContent(body) };
        request.Headers.Add("webhook-id", "call-1");
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", signer.Sign("call-1", now, body));
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static async Task<JsonNode> OrderAsync(HttpClient http, Uri address, string status)
    {
        using var guard = new CancellationTokenSource(Guard);
        while (true)
        {
            var order = JsonNode.Parse(await http.GetStringAsync(new Uri(address, "/api/orders/m-1/o-1"), guard.Token))!;
            if (order["status"]!.GetValue<string>() == status)
            {
                return order;
            }

            await Task.Yield();
        }
    }
}
