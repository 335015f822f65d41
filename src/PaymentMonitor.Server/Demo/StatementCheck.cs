using System.Net.Http.Headers;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary>Holds the orders against the statement of the simulated provider, when a fleet has run.</summary>
/// <param name="providerKey">The merchant's key at the provider, or null.</param>
/// <param name="saveTo">Where the statement is kept for people to look at, or null.</param>
internal sealed class StatementCheck(Uri server, string apiKey, Uri provider, string? providerKey, string? saveTo)
{
    // Refunds are due seconds after what they follow from, and a provider that errs is called again; what is due later is waited for as little.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <returns>The report with the comparison in it.</returns>
    /// <exception cref="FleetException">There is nothing to compare with.</exception>
    internal async Task<FleetReport> CheckAsync(FleetReport report)
    {
        Console.WriteLine("comparing with the provider's statement");
        var settledBefore = TimeProvider.System.GetUtcNow();
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var compared = await CompareAsync(settledBefore);
            if (compared.Differences.Count == 0 || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                return report with
                {
                    Reconciliation = new ReconciliationCounts(compared.Payments, compared.Refunds, compared.Differences.Count),
                    Findings = [.. report.Findings, .. compared.Differences.Select(difference => $"{difference.Kind}: {(difference.Order is { } order ? order + ": " : "")}{difference.Sentence}")],
                };
            }

            await Task.Delay(LookEvery);
        }
    }

    private async Task<ReconciliationReport> CompareAsync(DateTimeOffset settledBefore)
    {
        using var http = Client(server, apiKey);
        using var statements = Client(provider, providerKey);
        try
        {
            var text = await statements.GetStringAsync(new Uri("statement.csv", UriKind.Relative));
            if (saveTo is not null)
            {
                await File.WriteAllTextAsync(saveTo, text);
            }

            using var reader = new StringReader(text);
            var statement = StatementFile.Read(reader);
            var from = statement.Count == 0 ? settledBefore : statement.Min(line => line.Time);
            var orders = await RecordedOrders.ReadAsync(http, statement, from, settledBefore, _ => { }, CancellationToken.None);
            return Reconciliation.Of(statement, orders, from, settledBefore, settledBefore);
        }
        catch (Exception e) when (e is HttpRequestException or StatementException)
        {
            throw new FleetException($"No verdict: the provider's statement cannot be compared: {e.Message}", e);
        }
    }

    private static HttpClient Client(Uri address, string? key) => new()
    {
        BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"),
        DefaultRequestHeaders = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    };
}
