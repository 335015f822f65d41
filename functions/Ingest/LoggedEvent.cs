using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Messaging.EventHubs;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// An event as it goes from the log to its order's entity, and waits there. The log keeps the bytes that were sent; this carries
/// only what was understood of them, which is small whatever was sent.
/// </summary>
/// <param name="Position">The sequence number in its partition of the log.</param>
/// <param name="Event">A reported event, as <see cref="EventJson"/> writes it.</param>
/// <param name="Replays">How often it was set aside and put back before.</param>
public sealed record LoggedEvent(
    long Position,
    MachineId MachineId,
    OrderId OrderId,
    [property: JsonConverter(typeof(JsonStringEnumConverter<EventSource>))] EventSource Source,
    DateTimeOffset ReceivedAt,
    JsonElement Event,
    int Replays = 0)
{
    private const string SourceProperty = "source";
    private const string MachineProperty = "machine";
    private const string ReceivedAtProperty = "receivedAt";
    private const string ReplaysProperty = "replays";

    internal static EventData Encode(Report report, DateTimeOffset receivedAt) => new(report.Raw)
    {
        ContentType = "application/json",
        MessageId = report.Event.Id.Value,
        Properties =
        {
            [MachineProperty] = report.MachineId.Value,
            [SourceProperty] = report.Source.ToString(),
            [ReceivedAtProperty] = receivedAt.ToUnixTimeMilliseconds(),
            [ReplaysProperty] = report.Replays,
        },
    };

    internal static bool TryDecode(EventData data, [NotNullWhen(true)] out LoggedEvent? logged, [NotNullWhen(false)] out NamedError? error)
    {
        (logged, error) = (null, null);
        if (!MachineId.TryParse(Property(data, MachineProperty), out var machineId)
            || !Enum.TryParse<EventSource>(Property(data, SourceProperty), out var source)
            || !long.TryParse(Property(data, ReceivedAtProperty), CultureInfo.InvariantCulture, out var receivedAt))
        {
            error = new NamedError("not-ours", "The log holds something that was not appended by this application.");
        }
        else if (!EventJson.TryRead(data.EventBody.ToMemory().Span, out var reported, out var refusal))
        {
            error = refusal.Error;
        }
        else
        {
            using var json = JsonDocument.Parse(EventJson.ToBytes(reported));
            logged = new LoggedEvent(
                data.SequenceNumber,
                machineId,
                reported.OrderId,
                source,
                DateTimeOffset.FromUnixTimeMilliseconds(receivedAt),
                json.RootElement.Clone(),
                int.TryParse(Property(data, ReplaysProperty), CultureInfo.InvariantCulture, out var replays) ? replays : 0);
        }

        return logged is not null;
    }

    private static string? Property(EventData data, string name)
    {
        return data.Properties.TryGetValue(name, out var value) ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;
    }
}
