using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Server;

/// <summary>JSON of the routes that only the embedded server has.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(OperationsSession))]
internal sealed partial class ServerJson : JsonSerializerContext;
