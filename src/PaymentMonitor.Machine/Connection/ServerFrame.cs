using System.Text.Json;

namespace PaymentMonitor.Machine;

internal enum ServerFrameKind
{
    /// <summary>A server message: its data is for the machine.</summary>
    Message,

    /// <summary>The service closes the connection next, and says why.</summary>
    Disconnected,

    /// <summary>Of no use to a machine: the greeting, acks, pongs, messages of groups, and what later versions may add.</summary>
    Other,
}

/// <summary>One frame of the subprotocol <c>json.webpubsub.azure.v1</c>, taken apart without copying its data.</summary>
internal readonly ref struct ServerFrame
{
    internal ServerFrameKind Kind { get; private init; }

    /// <summary>The JSON under <c>data</c>, or the text under <c>message</c> of a farewell.</summary>
    internal ReadOnlySpan<byte> Data { get; private init; }

    /// <exception cref="JsonException">It is no JSON object.</exception>
    internal static ServerFrame Read(ReadOnlySpan<byte> frame)
    {
        var reader = new Utf8JsonReader(frame);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A frame is a JSON object.");
        }

        ReadOnlySpan<byte> type = default, from = default, systemEvent = default, data = default, message = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                type = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("from"u8))
            {
                from = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("event"u8))
            {
                systemEvent = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                message = Text(ref reader, frame);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                data = frame[start..(int)reader.BytesConsumed];
            }
            else
            {
                reader.Skip();
            }
        }

        return type switch
        {
            _ when type.SequenceEqual("message"u8) && from.SequenceEqual("server"u8) => new ServerFrame { Kind = ServerFrameKind.Message, Data = data },
            _ when type.SequenceEqual("system"u8) && systemEvent.SequenceEqual("disconnected"u8) => new ServerFrame { Kind = ServerFrameKind.Disconnected, Data = message },
            _ => new ServerFrame { Kind = ServerFrameKind.Other },
        };
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> frame)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            // Without the quotes; the reader's own span would not outlive the reader.
            return frame[((int)reader.TokenStartIndex + 1)..((int)reader.BytesConsumed - 1)];
        }

        reader.Skip();
        return default;
    }
}
