using System.Net.Http.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// A risk service over HTTP: <c>POST</c> to its address with what is known of the order, answered by
/// <c>{"verdict":"approve"|"deny","by"?:"..."}</c>. Time limit and circuit breaker are in its handler.
/// </summary>
public sealed class RiskServiceClient(HttpClient http)
{
    public const string Name = "risk-service";

    /// <exception cref="HttpRequestException">No answer that can be used.</exception>
    public async Task<OrderEvent.Assessed> AskAsync(Order order, OrderEvent.Created terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(terms);
        var question = new RiskQuestion(
            order.MachineId.Value, order.OrderId.Value, terms.Amount, terms.Currency.Value, terms.Channel.Value, terms.CouponCode, order.Clock);
        using var response = await http.PostAsJsonAsync((Uri?)null, question, RiskServiceJson.Default.RiskQuestion, cancellationToken);
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync(RiskServiceJson.Default.RiskAnswer, cancellationToken);
        if (answer?.Verdict is not (OrderEvent.Assessed.Approve or OrderEvent.Assessed.Deny))
        {
            throw new HttpRequestException($"The risk service answered '{answer?.Verdict}', which is neither approve nor deny.");
        }

        return new OrderEvent.Assessed(answer.Verdict, By(answer.By));
    }

    private static string By(string? name)
    {
        var by = string.IsNullOrEmpty(name) ? Name : $"{Name}/{name}";
        return by.Length <= RiskEntry.MaxText ? by : by[..RiskEntry.MaxText];
    }
}

/// <param name="At">When the first good payment was seen.</param>
internal sealed record RiskQuestion(string MachineId, string OrderId, long Amount, string Currency, string Channel, string? CouponCode, DateTimeOffset At);

internal sealed record RiskAnswer(string? Verdict, string? By = null);
