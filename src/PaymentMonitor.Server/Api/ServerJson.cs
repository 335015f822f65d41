using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Server;

/// <summary>JSON of the routes that only the embedded server has.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(OperationsSession))]
[JsonSerializable(typeof(ReconciliationReport))]
[JsonSerializable(typeof(ReconciliationView))]
[JsonSerializable(typeof(SettleRequest))]
internal sealed partial class ServerJson : JsonSerializerContext;
