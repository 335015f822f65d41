using System.Buffers;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Functions;

/// <summary>One sale as a plain Web PubSub client makes it: negotiate, connect, report, wait for what is decided, confirm.</summary>
internal sealed class CanarySale : IDisposable
{
    private const string Subprotocol = "json.webpubsub.azure.v1";

    private readonly ClientWebSocket _socket = new();
    private readonly OrderId _order = OrderId.Parse($"canary-{Guid.NewGuid():n}");

    private CanarySale()
    {
    }

    /// <returns>From the report of the payment to the permission.</returns>
    /// <exception cref="InvalidOperationException">The back end refused something.</exception>
    internal static async Task<TimeSpan> RunAsync(Uri endpoint, MachineId machine, string secret, CancellationToken cancellationToken)
    {
        using var sale = new CanarySale();
        await sale.ConnectAsync(endpoint, machine, secret, cancellationToken);
        await sale.ReportAsync("created", new OrderEvent.Created(100, Currency.Parse("EUR"), Channel.Parse("cash"), ExpiresInSeconds: 60), cancellationToken);
        var paid = Stopwatch.GetTimestamp();
        await sale.ReportAsync("paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{sale._order}.1"), 100), cancellationToken);
        await sale.WaitForAsync(DecisionKinds.ShipmentAllowed, cancellationToken);
        var took = Stopwatch.GetElapsedTime(paid);
        await sale.ReportAsync("shipped", new OrderEvent.ShipmentCompleted(), cancellationToken);
        var version = await sale.WaitForAsync(DecisionKinds.TradeCompleted, cancellationToken);
        await sale.SendAsync("sync", $$"""{"confirmed":[{"orderId":"{{sale._order}}","version":{{version}}}]}""", cancellationToken);
        await sale._socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "sold", cancellationToken);
        return took;
    }

    public void Dispose() => _socket.Dispose();

    private async Task ConnectAsync(Uri endpoint, MachineId machine, string secret, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using var request = new StringContent($$"""{"machineId":"{{machine}}","secret":"{{secret}}"}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await http.PostAsync(new Uri(endpoint, "/api/negotiate"), request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The canary was not let in: {(int)response.StatusCode} {text}");
        }

        var answer = JsonElement.Parse(text);
        _socket.Options.AddSubProtocol(Subprotocol);
        _socket.Options.SetRequestHeader("Authorization", $"Bearer {answer.GetProperty("token").GetString()}");
        await _socket.ConnectAsync(new Uri(answer.GetProperty("url").GetString()!), cancellationToken);
    }

    private Task ReportAsync(string name, OrderEvent body, CancellationToken cancellationToken)
    {
        var reported = new ReportedEvent(EventId.Parse($"{_order}.{name}"), _order, body, TimeProvider.System.GetUtcNow());
        return SendAsync("order", Encoding.UTF8.GetString(EventJson.ToBytes(reported)), cancellationToken);
    }

    private async Task SendAsync(string name, string json, CancellationToken cancellationToken)
    {
        var frame = Encoding.UTF8.GetBytes($$"""{"type":"event","event":"{{name}}","dataType":"json","data":{{json}}}""");
        await _socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
    }

    /// <returns>The version of the decision.</returns>
    private async Task<int> WaitForAsync(string kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            var frame = await ReceiveAsync(cancellationToken);
            if (frame.GetProperty("type").GetString() != "message")
            {
                continue;
            }

            var message = frame.GetProperty("data");
            switch (message.GetProperty("type").GetString())
            {
                case "receipt" when message.GetProperty("status").GetString() != "accepted":
                    throw new InvalidOperationException($"An event of the canary was not accepted: {message}");
                case "decision" when message.GetProperty("orderId").GetString() == _order.Value && message.GetProperty("kind").GetString() == kind:
                    return message.GetProperty("version").GetInt32();
            }
        }
    }

    private async Task<JsonElement> ReceiveAsync(CancellationToken cancellationToken)
    {
        var frame = new ArrayBufferWriter<byte>(4_096);
        while (true)
        {
            var part = await _socket.ReceiveAsync(frame.GetMemory(4_096), cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw new InvalidOperationException($"The canary's connection was closed: {_socket.CloseStatusDescription}");
            }

            frame.Advance(part.Count);
            if (part.EndOfMessage)
            {
                return JsonElement.Parse(frame.WrittenSpan);
            }
        }
    }
}
