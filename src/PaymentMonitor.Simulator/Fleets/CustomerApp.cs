using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>Customers pay in the provider's app. The machine does not see it; the fleet takes note, for the verdict.</summary>
internal sealed class CustomerApp(Uri provider, HttpMessageInvoker http, FleetClock clock, Latencies latencies) : IDisposable
{
    private readonly SemaphoreSlim _room = new(64);
    private int _failed;

    /// <summary>Payments that could not even be tried.</summary>
    internal int Failed => Volatile.Read(ref _failed);

    /// <returns>Null where nothing was paid.</returns>
    internal async Task<PaymentId?> PayAsync(Step.Pay step, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        try
        {
            var order = step.Order;
            var terms = order.Plan.Terms;
            var request = new PaymentRequest(order.Reference.Value, step.Amount, terms.Currency.Value, step.Behaviour);
            if (await PostAsync(request, cancellationToken) is not { } started || step.Behaviour == "fail")
            {
                return null;
            }

            var paymentId = PaymentId.Parse(started.PaymentId);
            order.Ledger.Paid(new LedgerPayment(paymentId, step.Amount, started.Time));
            var prompt = started.Delivery is "prompt" or "twice";
            if (order.Paid(prompt ? clock.At(started.Time) : null) is { } latency)
            {
                latencies.Decision(terms.Channel.Value, latency);
            }

            return paymentId;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            Interlocked.Increment(ref _failed);
            return null;
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>What the provider has not yet been able to tell the back end.</summary>
    internal async Task<CallbackStatus> StatusAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(provider, "/callbacks"));
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(ProviderJson.Default.CallbackStatus, cancellationToken)
            ?? throw new JsonException("The provider answered nothing.");
    }

    public void Dispose() => _room.Dispose();

    /// <returns>Null where the provider refuses the payment, for example because the order was closed.</returns>
    private async Task<PaymentStarted?> PostAsync(PaymentRequest payment, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(provider, "/payments"))
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(payment, ProviderJson.Default.PaymentRequest)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode == System.Net.HttpStatusCode.Accepted
            ? await response.Content.ReadFromJsonAsync(ProviderJson.Default.PaymentStarted, cancellationToken)
            : null;
    }
}
