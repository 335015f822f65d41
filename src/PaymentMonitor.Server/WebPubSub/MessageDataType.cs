namespace PaymentMonitor.Server.WebPubSub;

/// <summary>How the data of a message reads: <c>dataType</c> in the JSON frames, the content type in the REST calls.</summary>
internal enum MessageDataType
{
    /// <summary>The data is one JSON value.</summary>
    Json,

    /// <summary>The data is UTF-8 text.</summary>
    Text,

    /// <summary>The data is any bytes; base64 in JSON frames.</summary>
    Binary,

    /// <summary>The data is a packed <c>google.protobuf.Any</c>; base64 in JSON frames.</summary>
    Protobuf,
}
