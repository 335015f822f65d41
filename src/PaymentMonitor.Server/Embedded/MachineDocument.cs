using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>A registered machine as it is stored.</summary>
internal static class MachineDocument
{
    internal static byte[] Write(MachineRecord machine) => JsonSerializer.SerializeToUtf8Bytes(machine, MachineJson.Default.MachineRecord);

    internal static MachineRecord Read(Statement row) => JsonSerializer.Deserialize(row.Blob(0), MachineJson.Default.MachineRecord)!;
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MachineRecord))]
internal sealed partial class MachineJson : JsonSerializerContext;
