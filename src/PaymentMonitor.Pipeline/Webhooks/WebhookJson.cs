using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Pipeline;

/// <summary>JSON of what is stored for webhooks, the same in Cosmos DB and embedded.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(WebhookEndpoint))]
[JsonSerializable(typeof(WebhookCursor))]
[JsonSerializable(typeof(DeliveryAttempt))]
public sealed partial class WebhookJson : JsonSerializerContext;
