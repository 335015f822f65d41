using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Fields that only the embedded store's own messages have.</summary>
internal static class PackedFields
{
    /// <summary>A moment as its distance from another, in ticks. Null is left out.</summary>
    internal static void Time(this ProtobufWriter writer, uint field, DateTimeOffset? time, DateTimeOffset from)
    {
        if (time is { } moment)
        {
            writer.Signed(field, moment.UtcTicks - from.UtcTicks);
        }
    }

    internal static DateTimeOffset Time(this ref ProtobufReader reader, DateTimeOffset from)
    {
        var ticks = from.UtcTicks + reader.Signed();
        return ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new ProtobufException("A time is out of range.");
    }
}
