using System.Runtime.InteropServices;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>One line of a recorded history.</summary>
internal abstract record ReplayLine
{
    // Far enough from the end of the calendar that every window of an order still fits in.
    private const int LastYear = 9000;

    private ReplayLine()
    {
    }

    /// <summary><c>{"timers":"recorded"}</c>: the history holds its own wakes.</summary>
    internal sealed record RecordedTimers : ReplayLine;

    /// <summary><c>{"advanceTo"}</c>: nothing arrived until then.</summary>
    internal sealed record AdvanceTo(DateTimeOffset Time) : ReplayLine;

    /// <summary><c>{"receivedAt","source","machineId","event"}</c>.</summary>
    internal sealed record Arrival(DateTimeOffset ReceivedAt, EventSource Source, MachineId MachineId, ReportedEvent Event) : ReplayLine;

    /// <summary>A line that says nothing the rules could use.</summary>
    /// <param name="Reason">A name, the same as a reporter would be given.</param>
    internal sealed record Broken(string Reason) : ReplayLine;

    internal static ReplayLine Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind is JsonValueKind.Object ? Read(json.RootElement) : new Broken("malformed");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not JSON, or a text in it that is not Unicode.
            return new Broken("malformed");
        }
    }

    private static ReplayLine Read(JsonElement line)
    {
        if (line.TryGetProperty("timers", out var timers))
            return TextOf(timers) == "recorded" ? new RecordedTimers() : new Broken("invalid-field");

        if (line.TryGetProperty("advanceTo", out var advanceTo))
            return TimeOf(advanceTo) is { } time ? new AdvanceTo(time) : new Broken("invalid-field");

        return ReadArrival(line);
    }

    private static ReplayLine ReadArrival(JsonElement line)
    {
        if (!line.TryGetProperty("receivedAt", out var receivedAt)
            || !line.TryGetProperty("source", out var source)
            || !line.TryGetProperty("machineId", out var machineId)
            || !line.TryGetProperty("event", out var e))
            return new Broken("missing-field");

        if (TimeOf(receivedAt) is not { } time || SourceOf(source) is not { } from || !MachineId.TryParse(TextOf(machineId), out var machine))
            return new Broken("invalid-field");

        return EventJson.TryRead(JsonMarshal.GetRawUtf8Value(e), out var reported, out var refusal)
            ? new Arrival(time, from, machine, reported)
            : new Broken(refusal.Error.Name);
    }

    private static string? TextOf(JsonElement value) => value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? TimeOf(JsonElement value)
    {
        return value.ValueKind is JsonValueKind.String && value.TryGetDateTimeOffset(out var time) && time.Year < LastYear
            ? time.ToUniversalTime()
            : null;
    }

    private static EventSource? SourceOf(JsonElement value)
    {
        return TextOf(value) switch
        {
            "machine" => EventSource.Machine,
            "provider" => EventSource.Provider,
            "system" => EventSource.System,
            _ => null,
        };
    }
}
