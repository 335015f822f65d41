namespace PaymentMonitor.Server.WebPubSub;

/// <summary>What the application says to a user event: nothing, or a server message for the connection that sent it.</summary>
/// <param name="Data">The message in its plain form: a JSON value, UTF-8 text, or bytes. Null: no message.</param>
internal readonly record struct EventAnswer(MessageDataType DataType, ReadOnlyMemory<byte>? Data)
{
    internal static EventAnswer None => default;

    internal static EventAnswer Json(ReadOnlyMemory<byte> json) => new(MessageDataType.Json, json);
}
