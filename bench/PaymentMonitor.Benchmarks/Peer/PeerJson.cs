using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>What the hub takes besides the wire's own types: an argument as it came, to be read by the wire's own reader.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PeerJson : JsonSerializerContext;
