using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Pipeline;

/// <summary>JSON of the reference data as it is stored.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RiskEntry))]
[JsonSerializable(typeof(RiskChange))]
public sealed partial class RiskJson : JsonSerializerContext;

/// <summary>JSON of the risk service.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RiskQuestion))]
[JsonSerializable(typeof(RiskAnswer))]
internal sealed partial class RiskServiceJson : JsonSerializerContext;
