using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Simulator;

/// <summary>
/// Delivers callbacks when they are due, a bounded number at a time, and again with backoff until they are taken: none is given
/// up while the provider lives.
/// </summary>
internal sealed partial class CallbackQueue(ProviderOptions options, HttpMessageInvoker http, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan RedeliverAfterMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Delivery, DateTimeOffset> _due = new();
    private readonly Dictionary<string, Delivery> _pending = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0);
    private readonly SemaphoreSlim _room = new(options.Concurrency);
    private volatile Uri _address = options.Callback;
    private long _delivered;

    /// <summary>Whom to call back; a delivery that is on its way goes to the former address.</summary>
    internal Uri Address
    {
        get => _address;
        set => _address = value;
    }

    /// <param name="id">The callback's id, the same for each delivery.</param>
    internal void Add(string id, Callback callback, Fate fate)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(callback, ProviderJson.Default.Callback);
        var delivery = new Delivery(id, callback.Data.PaymentId, body) { LoseNext = fate == Fate.Lost, Twice = fate == Fate.Twice };
        lock (_lock)
        {
            _pending.Add(id, delivery);
            _due.Enqueue(delivery, callback.Data.Time + (fate == Fate.Late ? options.LateBy : TimeSpan.Zero));
        }

        _changed.Release();
    }

    internal CallbackStatus Status()
    {
        lock (_lock)
        {
            return new CallbackStatus(_pending.Count, _delivered, [.. _pending.Values.Take(10_000).Select(delivery => delivery.PaymentId)]);
        }
    }

    /// <summary>Runs until it is stopped, then waits for what is on its way.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (TakeDue(out var wait) is not { } delivery)
                {
                    await _changed.WaitAsync(wait, stopping);
                    continue;
                }

                await _room.WaitAsync(stopping);
                _ = DeliverAsync(delivery, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            for (var i = 0; i < options.Concurrency; i++)
            {
                await _room.WaitAsync(CancellationToken.None);
            }
        }
    }

    public void Dispose()
    {
        _changed.Dispose();
        _room.Dispose();
    }

    private Delivery? TakeDue(out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = Timeout.InfiniteTimeSpan;
            if (!_due.TryPeek(out var delivery, out var due))
            {
                return null;
            }

            var left = due - time.GetUtcNow();
            if (left > TimeSpan.Zero)
            {
                // Whole milliseconds, rounded up: waking early would only mean looking again.
                wait = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
                return null;
            }

            _due.Dequeue();
            return delivery;
        }
    }

    private async Task DeliverAsync(Delivery delivery, CancellationToken stopping)
    {
        try
        {
            if (!delivery.LoseNext && await TrySendAsync(delivery, stopping))
            {
                if (delivery.Twice)
                {
                    await TrySendAsync(delivery, stopping);
                }

                lock (_lock)
                {
                    _pending.Remove(delivery.Id);
                    _delivered++;
                }

                return;
            }

            delivery.LoseNext = false;
            var wait = options.RedeliverAfter * Math.Pow(2, delivery.Failures++);
            lock (_lock)
            {
                _due.Enqueue(delivery, time.GetUtcNow() + (wait < RedeliverAfterMax ? wait : RedeliverAfterMax));
            }

            _changed.Release();
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<bool> TrySendAsync(Delivery delivery, CancellationToken stopping)
    {
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = new ByteArrayContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", delivery.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", options.Secret.Sign(delivery.Id, now, delivery.Body));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timeout.CancelAfter(DeliveryTimeout);
        try
        {
            using var response = await http.SendAsync(request, timeout.Token);
            if (!response.IsSuccessStatusCode)
            {
                Log.NotTaken(logger, delivery.Id, (int)response.StatusCode);
            }

            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Log.NotDelivered(logger, delivery.Id, e.Message);
            return false;
        }
    }

    private sealed class Delivery(string id, string paymentId, byte[] body)
    {
        internal string Id { get; } = id;

        internal string PaymentId { get; } = paymentId;

        internal byte[] Body { get; } = body;

        internal bool LoseNext { get; set; }

        internal bool Twice { get; init; }

        internal int Failures { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "Callback {Id} was answered with {Status} and will be sent again.")]
        internal static partial void NotTaken(ILogger logger, string id, int status);

        [LoggerMessage(5002, LogLevel.Warning, "Callback {Id} was not delivered and will be sent again: {Detail}")]
        internal static partial void NotDelivered(ILogger logger, string id, string detail);
    }
}

/// <summary>What becomes of a callback's first delivery.</summary>
internal enum Fate
{
    Prompt,
    Lost,
    Late,
    Twice,
}
