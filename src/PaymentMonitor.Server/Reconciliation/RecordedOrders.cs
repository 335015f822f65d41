using System.Globalization;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary>Reads the orders that a statement can be about, through the API.</summary>
internal static class RecordedOrders
{
    // An order may be paid until its deadline, at most a day after its creation, and some time passes until all of it has arrived.
    private static readonly TimeSpan Before = TimeSpan.FromDays(2);

    /// <param name="onProgress">Told after each page how many were read.</param>
    /// <exception cref="StatementException">The API refused, in one sentence.</exception>
    internal static async Task<List<RecordedOrder>> ReadAsync(
        HttpClient http, IReadOnlyCollection<StatementLine> statement, DateTimeOffset from, DateTimeOffset to, Action<int> onProgress, CancellationToken cancellationToken)
    {
        var orders = new List<RecordedOrder>();
        var period = $"from={Text(from - Before)}&to={Text(to + TimeSpan.FromMinutes(1))}&limit=1000";
        string? continuation = null;
        do
        {
            var page = await GetAsync(http, period + (continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}"), cancellationToken);
            orders.AddRange(page.Items);
            onProgress(orders.Count);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        // What belongs to older orders (a refund weeks later) is looked for by its payment.
        var known = orders.SelectMany(order => order.Payments).Select(payment => payment.Data.PaymentId!.Value).ToHashSet();
        foreach (var paymentId in statement.Select(line => line.PaymentId).Distinct().Where(id => !known.Contains(id)))
        {
            orders.AddRange((await GetAsync(http, $"paymentId={paymentId}", cancellationToken)).Items);
        }

        return [.. orders.DistinctBy(order => order.Name)];
    }

    private static async Task<RecordedOrderPage> GetAsync(HttpClient http, string query, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri($"api/orders?{query}", UriKind.Relative), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new StatementException(await ServerConnection.RefusalAsync(response, cancellationToken));
        }

        return await response.Content.ReadFromJsonAsync(ReconciliationJson.Default.RecordedOrderPage, cancellationToken) ?? throw new JsonException("The server answered null.");
    }

    private static string Text(DateTimeOffset time) => Uri.EscapeDataString(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
}
