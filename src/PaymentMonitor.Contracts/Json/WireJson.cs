using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>JSON of everything between a machine and the back end, but for reported events: those have <see cref="EventJson"/>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ServerMessage))]
[JsonSerializable(typeof(SyncRequest))]
[JsonSerializable(typeof(NegotiateRequest))]
[JsonSerializable(typeof(NegotiateAnswer))]
public sealed partial class WireJson : JsonSerializerContext;
