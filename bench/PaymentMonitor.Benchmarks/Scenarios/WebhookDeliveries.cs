using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Servers;
using PaymentMonitor.Server;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>
/// How fast our server delivers webhooks, and what one costs it: orders are made while the endpoint is disabled, so that nothing
/// but deliveries is measured when it is enabled. Beside it there may be an endpoint that accepts connections and never answers.
/// </summary>
internal static class WebhookDeliveries
{
    private const int Machines = 100;
    private static readonly TimeSpan Selling = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    internal static async Task<WebhookResult> RunAsync(bool withDead, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        var key = ApiKeyFile.Open(data.Path, TimeProvider.System).Add("benchmark", "integrator");
        await using var receiver = await WebhookSink.StartAsync(cancellationToken);
        using var dead = new TcpListener(IPAddress.Loopback, 0);
        dead.Start(512);
        await using var server = await Launch.StartOursAsync(data, cancellationToken, "--webhook-allow-private");
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Process.EndPoint}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

        var endpoint = await SubscribeAsync(http, receiver.Url, cancellationToken);
        await PostAsync(http, $"/api/webhooks/{endpoint}/disable", cancellationToken);
        if (withDead)
        {
            await SubscribeAsync(http, new Uri($"http://{dead.LocalEndpoint}/"), cancellationToken);
        }

        using (var fleet = await server.ConnectAsync(Machines, 0, cancellationToken))
        {
            var load = new WindowLoad(TimeSpan.Zero, Selling);
            fleet.Run(load, cancellationToken);
            Observation.Check(server, load.Measurement);
        }

        using var process = Process.GetProcessById(server.Process.Id);
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await PostAsync(http, $"/api/webhooks/{endpoint}/enable", cancellationToken);
        var delivered = await receiver.WaitAsync(Within, cancellationToken);
        process.Refresh();
        return new WebhookResult(delivered, receiver.OutOfOrder, clock.Elapsed - WebhookSink.Quiet, process.TotalProcessorTime - cpu);
    }

    private static async Task<string> SubscribeAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsJsonAsync("/api/webhooks", new { url }, cancellationToken);
        var json = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return json.GetProperty("endpoint").GetProperty("id").GetString()!;
    }

    private static async Task PostAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), null, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}

/// <param name="OutOfOrder">Deliveries that came before an earlier notice of their order: none may.</param>
/// <param name="Cpu">Of the server's process, all of its threads together.</param>
internal sealed record WebhookResult(long Delivered, long OutOfOrder, TimeSpan Elapsed, TimeSpan Cpu)
{
    internal double PerSecond => Delivered / Elapsed.TotalSeconds;

    internal double CpuMsPerThousand => Cpu.TotalMilliseconds * 1_000 / Delivered;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Delivered:N0} deliveries in {Elapsed.TotalSeconds:F1} s, {PerSecond:N0}/s, {CpuMsPerThousand:F0} ms of CPU for each 1,000, {OutOfOrder} out of order");
}
