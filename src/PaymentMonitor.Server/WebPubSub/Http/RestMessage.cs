using System.Buffers;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>The body of a REST call that sends something.</summary>
internal readonly record struct RestMessage(MessageDataType DataType, ReadOnlyMemory<byte> Data)
{
    /// <summary>Reads and checks the body: what is passed on to clients as JSON or text must be that.</summary>
    internal static async ValueTask<(RestMessage Message, IResult? Problem)> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (DataTypeOf(request.ContentType) is not { } dataType)
        {
            return (default, Problems.Of(
                StatusCodes.Status415UnsupportedMediaType,
                "unknown-content-type",
                "The content type must be application/json, text/plain, application/octet-stream or application/x-protobuf."));
        }

        if (await ReadBodyAsync(request, maxBytes) is not { } data)
        {
            return (default, Problems.Of(StatusCodes.Status413PayloadTooLarge, Closing.TooLarge, Closing.MessageTooLarge(maxBytes).Message));
        }

        return IsWellFormed(dataType, data)
            ? (new RestMessage(dataType, data), null)
            : (default, Problems.Of(StatusCodes.Status400BadRequest, "malformed-body", "The body is not what its content type says."));
    }

    private static MessageDataType? DataTypeOf(string? contentType)
    {
        return MediaTypeHeaderValue.TryParse(contentType, out var parsed)
            ? parsed.MediaType.Value?.ToLowerInvariant() switch
            {
                "application/json" => MessageDataType.Json,
                "text/plain" => MessageDataType.Text,
                "application/octet-stream" => MessageDataType.Binary,
                "application/x-protobuf" => MessageDataType.Protobuf,
                _ => null,
            }
            : null;
    }

    private static async ValueTask<byte[]?> ReadBodyAsync(HttpRequest request, int maxBytes)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool IsWellFormed(MessageDataType dataType, ReadOnlySpan<byte> data)
    {
        return dataType switch
        {
            MessageDataType.Json => Utf8.IsValid(data) && JsonText.IsOneValue(data),
            MessageDataType.Text => Utf8.IsValid(data),
            MessageDataType.Protobuf => PackedMessage.IsWellFormed(data),
            _ => true,
        };
    }
}
