using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>A machine's progress as it is stored, the same JSON in Cosmos DB and embedded.</summary>
public static class MachineProgressDocument
{
    public const string Id = "progress";

    public static byte[] Write(MachineProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return Write(progress, progress.Revision);
    }

    /// <param name="revision">The one that it is stored as.</param>
    public static byte[] Write(MachineProgress progress, long revision)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var document = new StoredProgress(
            Id,
            progress.MachineId,
            [.. progress.Boots.Select(boot => new StoredBoot(boot.Boot, boot.Floor, [.. boot.Seen], boot.Known, boot.MissingSince, boot.QuietSince))],
            [.. progress.Losses],
            progress.LastSeenAt,
            progress.ClockSkew?.TotalMilliseconds,
            revision);
        return JsonSerializer.SerializeToUtf8Bytes(document, ProgressJson.Default.StoredProgress);
    }

    public static MachineProgress Read(ReadOnlySpan<byte> json)
    {
        var stored = JsonSerializer.Deserialize(json, ProgressJson.Default.StoredProgress)!;
        var progress = new MachineProgress(stored.MachineId) { Revision = stored.Revision };
        progress.Restore(
            stored.Boots.Select(Boot), stored.Losses, stored.LastSeenAt, stored.ClockSkewMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
        return progress;
    }

    private static BootProgress Boot(StoredBoot stored)
    {
        var boot = new BootProgress(stored.Boot) { Floor = stored.Floor, MissingSince = stored.MissingSince, QuietSince = stored.QuietSince };
        boot.Restore(stored.Seen, stored.Known);
        return boot;
    }
}

internal sealed record StoredProgress(
    string Id,
    MachineId MachineId,
    IReadOnlyList<StoredBoot> Boots,
    IReadOnlyList<LostReports> Losses,
    DateTimeOffset? LastSeenAt,
    double? ClockSkewMs,
    long Revision);

internal sealed record StoredBoot(
    long Boot, long? Floor, IReadOnlyList<SequenceRange> Seen, long Known, DateTimeOffset? MissingSince, DateTimeOffset? QuietSince);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(StoredProgress))]
internal sealed partial class ProgressJson : JsonSerializerContext;
