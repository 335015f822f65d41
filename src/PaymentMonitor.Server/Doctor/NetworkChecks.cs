using System.Net;
using System.Net.Sockets;

namespace PaymentMonitor.Server;

/// <summary>Whether addresses are free to listen on, and what is configured can be reached.</summary>
internal static class NetworkChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClockBound = TimeSpan.FromSeconds(10);

    internal static Finding Ports(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            try
            {
                var address = BindingAddress.Parse(url);
                using var listener = new TcpListener(IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip : IPAddress.Loopback, address.Port);
                listener.Start();
            }
            catch (FormatException)
            {
                return Finding.Ill("ports", $"'{url}' is no address.", $"Choose one like {ServeOptions.DefaultUrls} with --urls.");
            }
            catch (SocketException e)
            {
                return Finding.Ill("ports", $"The server could not listen on {url} ({e.SocketErrorCode}).", "Stop what listens there (ss -ltnp shows it), or choose another port with --urls.");
            }
        }

        return Finding.Well("ports", $"{urls} is free.");
    }

    internal static async Task<Finding> ServerAsync(Uri server, CancellationToken cancellationToken)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = server, Timeout = Patience };
            using var answer = await http.GetAsync(new Uri("/healthz", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode
                ? Finding.Well("server", $"The server at {server} is healthy.")
                : Finding.Ill("server", $"The server at {server} cannot make events durable.", "See the findings about the disk and the store, and its log; docs/runbooks/store-not-committing.md.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Ill("server", $"The server at {server} does not answer ({e.Message}).", "Look into its log; restart it if it hangs: nothing that was receipted is lost.");
        }
    }

    internal static async IAsyncEnumerable<Finding> ReachAsync(
        IReadOnlyDictionary<string, string> environment, TimeProvider time, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (ConfigurationChecks.Address(environment, ProviderSettings.AddressVariable) is { } provider)
        {
            yield return await ProviderAsync(provider, time, cancellationToken);
        }

        if (ConfigurationChecks.Address(environment, ConfigurationChecks.OtlpVariable) is { } collector)
        {
            yield return await ConnectAsync("telemetry", collector, "Metrics, traces and logs are lost until it can be reached. Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT.", cancellationToken);
        }
    }

    // Any answer will do: it is the way there that is looked at, and the clock at its end.
    private static async Task<Finding> ProviderAsync(Uri provider, TimeProvider time, CancellationToken cancellationToken)
    {
        const string Remedy = "Claims and expiring orders wait for it. Correct the address, or ask the provider; docs/runbooks/provider-down.md.";
        try
        {
            using var http = new HttpClient { Timeout = Patience };
            using var answer = await http.GetAsync(provider, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.Headers.Date is { } date && (date - time.GetUtcNow()).Duration() > ClockBound
                ? Finding.Doubtful("payment provider", $"It answers, and its clock is {(date - time.GetUtcNow()).TotalSeconds:0} s from this one.", "Keep this machine's clock by NTP: signatures are refused when it is five minutes off.")
                : Finding.Well("payment provider", $"{provider.GetLeftPart(UriPartial.Authority)} answers.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Ill("payment provider", $"{provider.GetLeftPart(UriPartial.Authority)} does not answer ({e.Message}).", Remedy);
        }
    }

    private static async Task<Finding> ConnectAsync(string about, Uri address, string remedy, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, patience.Token);
            return Finding.Well(about, $"{address.Authority} can be reached.");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Doubtful(about, $"{address.Authority} cannot be reached ({e.Message}).", remedy);
        }
    }
}
