using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// The payment provider over HTTP, in the one format of docs/payment-provider.md. Every call may be repeated: asking changes nothing,
/// closing twice is closing once, and a refund carries its id as idempotency key.
/// </summary>
/// <param name="http">With the provider's address, key, time limits and retries: see <see cref="PaymentProviderSetup"/>.</param>
internal sealed class PaymentProviderClient(HttpClient http)
{
    private const int MaxReason = 200;

    /// <exception cref="ProviderException"/>
    internal Task<PaymentState> QueryAsync(PaymentReference reference, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, $"payments/{reference}", reference, cancellationToken);

    /// <summary>Lets nobody pay on the reference from now on, unless it was paid already.</summary>
    /// <exception cref="ProviderException"/>
    internal Task<PaymentState> CloseAsync(PaymentReference reference, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, $"payments/{reference}/close", reference, cancellationToken);

    /// <returns>Failed, with the reason, also where the provider refuses the refund for good.</returns>
    /// <exception cref="ProviderException"/>
    internal async Task<RefundState> RefundAsync(RefundOrder refund, PaymentReference? reference, CancellationToken cancellationToken)
    {
        var call = new RefundCall(refund.RefundId, refund.PaymentId, reference, refund.Amount, refund.Currency);
        using var request = new HttpRequestMessage(HttpMethod.Post, "refunds") { Content = JsonContent.Create(call, PaymentProviderJson.Default.RefundCall) };
        request.Headers.Add("Idempotency-Key", refund.RefundId);
        using var response = await SendAsync(request, cancellationToken);
        if (IsRefusal(response))
        {
            return new RefundState(refund.RefundId, RefundState.Failed, await ReasonAsync(response, cancellationToken));
        }

        var state = await ReadAsync(response, PaymentProviderJson.Default.RefundState, cancellationToken);
        if (state.RefundId != refund.RefundId || state.Status is not (RefundState.Completed or RefundState.Pending or RefundState.Failed))
        {
            throw ProviderException.Invalid($"it answers the refund '{refund.RefundId}' with '{Short(state.RefundId)}' and the status '{Short(state.Status)}'");
        }

        return state with { Reason = state.Reason is null ? null : Short(state.Reason) };
    }

    private async Task<PaymentState> AskAsync(HttpMethod method, string path, PaymentReference reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await SendAsync(request, cancellationToken);
        var state = await ReadAsync(response, PaymentProviderJson.Default.PaymentState, cancellationToken);
        return Fault(state, reference) is { } fault ? throw ProviderException.Invalid(fault) : state;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Refused connections, time-outs, an open circuit: the resilience handler has exceptions of its own for each.
            throw ProviderException.Unavailable(e.Message, e);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // A wrong address answers 404 to everything, so that is never taken for "unpaid".
            throw ProviderException.Unavailable($"it answered {(int)response.StatusCode}", retryAfter: RetryAfter(response));
        }

        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw ProviderException.Invalid("it answered null");
        }
        catch (JsonException e)
        {
            throw ProviderException.Invalid($"its answer is not of the format: {e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw ProviderException.Unavailable(e.Message, e);
        }
    }

    private static string? Fault(PaymentState state, PaymentReference reference)
    {
        return state switch
        {
            _ when state.PaymentRef != reference => $"asked about '{reference}' it answered about '{state.PaymentRef}'",
            { Status: not (PaymentStates.Paid or PaymentStates.Unpaid or PaymentStates.Pending or PaymentStates.Closed) } => $"the status of '{reference}' is '{Short(state.Status)}'",
            _ when state.Taken.FirstOrDefault(payment => payment.Amount is <= 0 or > OrderEvent.MaxAmount) is { } wrong
                => $"the payment '{wrong.PaymentId}' has the amount {wrong.Amount}",
            _ when state.Payments.FirstOrDefault(payment => payment.Status is not ("succeeded" or "refunded" or "pending" or "failed")) is { } wrong
                => $"the status of the payment '{wrong.PaymentId}' is '{Short(wrong.Status)}'",
            _ when (state.Status == PaymentStates.Paid) != state.Taken.Any() => $"'{reference}' is {state.Status}, and its payments say otherwise",
            _ => null,
        };
    }

    // Only with problem details: a proxy, or a wrong address, has plain pages for the same statuses.
    private static bool IsRefusal(HttpResponseMessage response)
    {
        return response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            && response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.Gone
                or HttpStatusCode.UnprocessableEntity;
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var problem = await response.Content.ReadFromJsonAsync(PaymentProviderJson.Default.ProviderProblem, cancellationToken);
            return Short(problem?.Name ?? problem?.Detail ?? problem?.Title ?? Plain(response));
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return Plain(response);
        }
    }

    private static string Plain(HttpResponseMessage response) => $"refused with {(int)response.StatusCode}";

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        return asked?.Delta ?? (asked?.Date is { } date && response.Headers.Date is { } now ? date - now : null);
    }

    private static string Short(string text) => text.Length <= MaxReason ? text : text[..MaxReason];
}

/// <summary>The provider gave no answer that says anything about the payment; asking again later is all there is to do.</summary>
internal sealed class ProviderException : Exception
{
    private ProviderException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True where it answered, and the answer is not of the format.</summary>
    internal bool IsInvalid { get; private init; }

    /// <summary>When the provider wants to be asked again, where it says so.</summary>
    internal TimeSpan? RetryAfter { get; private init; }

    internal static ProviderException Unavailable(string message, Exception? innerException = null, TimeSpan? retryAfter = null) =>
        new(message, innerException) { RetryAfter = retryAfter };

    internal static ProviderException Invalid(string message, Exception? innerException = null) => new(message, innerException) { IsInvalid = true };
}
