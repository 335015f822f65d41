using StackExchange.Redis;

namespace PaymentMonitor.Benchmarks.Peer;

internal enum EntryKind
{
    Event,
    Confirmation,

    /// <summary>A wake: the order asked for it.</summary>
    Due,
}

/// <summary>One entry of a stream.</summary>
/// <param name="Json">The event, the confirmation, or the id of the order that is due.</param>
/// <param name="EventId">For the receipt; null where none is due.</param>
internal sealed record Entry(string Machine, EntryKind Kind, byte[] Json, DateTimeOffset ReceivedAt, string? EventId)
{
    private static readonly RedisValue MachineField = "m";
    private static readonly RedisValue KindField = "k";
    private static readonly RedisValue JsonField = "j";
    private static readonly RedisValue TimeField = "t";
    private static readonly RedisValue IdField = "i";

    internal NameValueEntry[] ToFields() =>
    [
        new(MachineField, Machine),
        new(KindField, (int)Kind),
        new(JsonField, Json),
        new(TimeField, ReceivedAt.ToUnixTimeMilliseconds()),
        new(IdField, EventId ?? ""),
    ];

    internal static Entry From(StreamEntry entry)
    {
        var fields = entry.Values;
        var id = fields[4].Value.ToString();
        return new(
            fields[0].Value.ToString(),
            (EntryKind)(int)fields[1].Value,
            (byte[])fields[2].Value!,
            DateTimeOffset.FromUnixTimeMilliseconds((long)fields[3].Value),
            id.Length == 0 ? null : id);
    }
}
