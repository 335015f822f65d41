using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// What a payment provider tells us, in the shape of Standard Webhooks. <c>data</c> has the fields of the reported event of that
/// type and, beside them, <c>paymentRef</c> (whose order it is) and <c>time</c> (when it happened; the timestamp if left out).
/// </summary>
internal sealed record ProviderCallback(string Type, DateTimeOffset Timestamp, JsonElement Data);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProviderCallback))]
internal sealed partial class ProviderJson : JsonSerializerContext;
