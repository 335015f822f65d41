using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>Reads the back end's side of the truth, through its public API only.</summary>
internal sealed class OrdersApi(Uri endpoint, string apiKey, HttpMessageInvoker http)
{
    private const int Concurrency = 8;

    /// <exception cref="FleetException">They cannot be read, so there can be no verdict.</exception>
    internal async Task<IReadOnlyCollection<StoredOrder>> ReadOrdersAsync(
        IEnumerable<MachineId> machines, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var orders = new ConcurrentBag<StoredOrder>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(machines, parallel, async (machineId, stopping) =>
        {
            var query = $"api/orders?machineId={machineId}&from={Text(from)}&to={Text(to)}&limit=1000";
            var page = new StoredOrderPage([]);
            do
            {
                page = await GetAsync(query + Next(page.Continuation), OrdersApiJson.Default.StoredOrderPage, stopping);
                foreach (var order in page.Items)
                {
                    orders.Add(order);
                }
            }
            while (page.Continuation is not null);
        });
        return orders;
    }

    internal async Task<IReadOnlyList<string>> ReadDeadLettersAsync(DateTimeOffset from, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        var page = new DeadLetterPage([]);
        do
        {
            page = await GetAsync($"api/dead-letters?from={Text(from)}{Next(page.Continuation)}", OrdersApiJson.Default.DeadLetterPage, cancellationToken);
            ids.AddRange(page.Items.Select(letter => letter.EventId).OfType<string>());
        }
        while (page.Continuation is not null);
        return ids;
    }

    private static string Text(DateTimeOffset time) => Uri.EscapeDataString(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    private static string Next(string? continuation) => continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}";

    private async Task<T> GetAsync<T>(string query, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var address = new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + query);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new("Bearer", apiKey);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new FleetException($"No verdict: {address.AbsolutePath} answered {(int)response.StatusCode} ({response.ReasonPhrase}).");
            }

            return await response.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw new FleetException($"No verdict: {address.AbsolutePath} answered nothing.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            throw new FleetException($"No verdict: {address.AbsolutePath} cannot be read: {e.Message}", e);
        }
    }
}
