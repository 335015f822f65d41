using System.Buffers;
using System.Text.Json;
using PaymentMonitor.Domain;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Server;

/// <summary>One message of the live feed, as docs/operations-feed.md has it.</summary>
internal sealed record OperationsSnapshot
{
    internal required long Seq { get; init; }

    internal required DateTimeOffset Time { get; init; }

    internal required DateTimeOffset StartedAt { get; init; }

    internal required bool IsHealthy { get; init; }

    internal required FleetActivity Activity { get; init; }

    internal required OrderCounts Orders { get; init; }

    internal required long DeadLetters { get; init; }

    /// <summary>Webhook endpoints to which nothing comes through.</summary>
    internal required int FailingEndpoints { get; init; }

    /// <summary>Differences of the newest reconciliation that nobody has settled.</summary>
    internal required int Differences { get; init; }

    internal required int QueueWaiting { get; init; }

    internal required int QueueCapacity { get; init; }

    internal required FleetStandings Fleet { get; init; }

    /// <summary>The machines in this message: the whole fleet, or what changed.</summary>
    internal required IReadOnlyList<KeyValuePair<string, MachineStanding>> Machines { get; init; }

    internal required bool IsFull { get; init; }

    internal void WriteTo(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("type"u8, "operations"u8);
        json.WriteNumber("seq"u8, Seq);
        json.WriteString("time"u8, Time.UtcDateTime);
        WriteServer(json);
        WriteActivity(json);
        WriteOrders(json);
        json.WriteStartObject("attention"u8);
        json.WriteNumber("unresolvedOrders"u8, Orders[OrderStatus.Unresolved]);
        json.WriteNumber("deadLetters"u8, DeadLetters);
        json.WriteNumber("failingEndpoints"u8, FailingEndpoints);
        json.WriteNumber("differences"u8, Differences);
        json.WriteEndObject();
        json.WriteStartObject("queue"u8);
        json.WriteNumber("waiting"u8, QueueWaiting);
        json.WriteNumber("capacity"u8, QueueCapacity);
        json.WriteEndObject();
        WriteMachines(json);
        json.WriteEndObject();
    }

    private void WriteServer(Utf8JsonWriter json)
    {
        json.WriteStartObject("server"u8);
        json.WriteString("version"u8, ServerVersion.Text);
        json.WriteString("startedAt"u8, StartedAt.UtcDateTime);
        json.WriteNumber("uptimeSeconds"u8, (long)(Time - StartedAt).TotalSeconds);
        json.WriteString("health"u8, IsHealthy ? "healthy"u8 : "unhealthy"u8);
        json.WriteEndObject();
    }

    private void WriteActivity(Utf8JsonWriter json)
    {
        json.WriteStartObject("activity"u8);
        json.WriteNumber("seconds"u8, Math.Round(Activity.Seconds, 3));
        json.WriteNumber("events"u8, Activity.Events);
        json.WriteNumber("receipts"u8, Activity.Receipts);
        json.WriteStartObject("decisions"u8);
        foreach (var (kind, count) in Activity.Decisions)
        {
            json.WriteNumber(kind, count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("latencyMs"u8);
        WritePercentiles(json, "receipt", Activity.Receipt);
        WritePercentiles(json, "decision", Activity.Decision);
        json.WriteEndObject();
    }

    private static void WritePercentiles(Utf8JsonWriter json, string name, LatencyPercentiles percentiles)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count"u8, percentiles.Count);
        json.WriteNumber("p50"u8, percentiles.P50);
        json.WriteNumber("p90"u8, percentiles.P90);
        json.WriteNumber("p99"u8, percentiles.P99);
        json.WriteEndObject();
    }

    private void WriteOrders(Utf8JsonWriter json)
    {
        json.WriteStartObject("orders"u8);
        WriteCounts(json, "open", OrderCounts.OpenStatuses);
        WriteCounts(json, "ended", OrderCounts.EndStatuses);
        json.WriteEndObject();
    }

    private void WriteCounts(Utf8JsonWriter json, string name, OrderStatus[] statuses)
    {
        json.WriteStartObject(name);
        foreach (var status in statuses)
        {
            json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(status.ToString()), Orders[status]);
        }

        json.WriteEndObject();
    }

    private void WriteMachines(Utf8JsonWriter json)
    {
        json.WriteStartObject("machines"u8);
        json.WriteNumber("total"u8, Fleet.Standings.Count);
        json.WriteNumber("connected"u8, Fleet.Count(MachineState.Connected) + Fleet.Count(MachineState.Trouble));
        json.WriteNumber("silent"u8, Fleet.Count(MachineState.Silent));
        json.WriteNumber("trouble"u8, Fleet.Count(MachineState.Trouble));
        json.WriteBoolean("full"u8, IsFull);
        json.WriteStartArray("states"u8);
        foreach (var (machineId, standing) in Machines)
        {
            json.WriteStartArray();
            json.WriteStringValue(machineId);
            json.WriteNumberValue((int)standing.State);
            json.WriteNumberValue(standing.HeardAtMs / 1_000);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
