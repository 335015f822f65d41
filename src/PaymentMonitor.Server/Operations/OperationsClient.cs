using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary>Reads the live feed of a server, as a page would.</summary>
internal static class OperationsClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The first message that has a whole second behind it, or null after saying on standard error why there is none.</summary>
    internal static async Task<JsonDocument?> ReadAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsync(new Uri("/api/ops/negotiate", UriKind.Relative), null, cancellationToken);
        using var way = await ServerConnection.ReadAsync(answer, cancellationToken);
        if (way is null)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("json.webpubsub.azure.v1");
            socket.Options.SetRequestHeader("Authorization", $"Bearer {way.RootElement.GetProperty("token").GetString()}");
            await socket.ConnectAsync(new Uri(way.RootElement.GetProperty("url").GetString()!), patience.Token);
            await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"type":"joinGroup","group":"{{OperationsClients.Group}}"}"""), WebSocketMessageType.Text, true, patience.Token);
            return await MessageAsync(socket, patience.Token);
        }
        catch (WebSocketException e)
        {
            await Console.Error.WriteLineAsync($"error: no-feed: The server's live feed cannot be read ({e.Message}).");
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"error: no-feed: The server's live feed said nothing for {Patience.TotalSeconds:0} seconds.");
            return null;
        }
    }

    private static async Task<JsonDocument> MessageAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var hasFirst = false;
        while (true)
        {
            using var frame = await FrameAsync(socket, cancellationToken);
            if (!frame.RootElement.TryGetProperty("group", out _))
            {
                continue;
            }

            // The first was made in the second in which it was asked for.
            if (hasFirst)
            {
                return JsonDocument.Parse(frame.RootElement.GetProperty("data").GetRawText());
            }

            hasFirst = true;
        }
    }

    private static async Task<JsonDocument> FrameAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await socket.ReceiveAsync(message.GetMemory(16 * 1024), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                throw new WebSocketException($"it closed the connection: {socket.CloseStatusDescription}");
            }

            message.Advance(read.Count);
            if (read.EndOfMessage)
            {
                return JsonDocument.Parse(message.WrittenMemory);
            }
        }
    }
}
