using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Azure;

/// <summary>JSON of the documents in Cosmos DB and Blob storage.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeadLetterDocument))]
[JsonSerializable(typeof(MachineDocument))]
[JsonSerializable(typeof(MachineEntry))]
[JsonSerializable(typeof(LookupDocument))]
[JsonSerializable(typeof(DueDocument))]
[JsonSerializable(typeof(SweepPosition))]
[JsonSerializable(typeof(ListingDocument))]
[JsonSerializable(typeof(CouponDocument))]
[JsonSerializable(typeof(ParkedDocument))]
[JsonSerializable(typeof(RiskDocument))]
[JsonSerializable(typeof(RiskChangeDocument))]
internal sealed partial class AzureJson : JsonSerializerContext;
