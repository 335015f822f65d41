namespace PaymentMonitor.Contracts;

/// <summary><c>google.protobuf.Timestamp</c>: seconds since 1970 and nanoseconds, of which .NET keeps hundreds.</summary>
internal static class Timestamps
{
    private const uint Seconds = (1 << 3) | Wire.Varint;
    private const uint Nanos = (2 << 3) | Wire.Varint;
    private const long NanosPerTick = 100;

    private static readonly long MinSeconds = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long MaxSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <returns>Null: it is no moment that a calendar knows.</returns>
    internal static DateTimeOffset? Read(ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = (0L, 0L);
        var reader = new ProtobufReader(message);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case Seconds:
                    seconds = (long)reader.Varint();
                    break;
                case Nanos:
                    nanos = (int)reader.Varint();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return seconds >= MinSeconds && seconds <= MaxSeconds && nanos is >= 0 and < 1_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / NanosPerTick)
            : null;
    }

    internal static void Write(ProtobufWriter writer, uint field, DateTimeOffset? time)
    {
        if (time is not { } moment)
        {
            return;
        }

        var message = writer.Begin(field);
        var seconds = moment.ToUnixTimeSeconds();
        var nanos = (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks - (seconds * TimeSpan.TicksPerSecond)) * NanosPerTick;
        if (seconds != 0)
        {
            writer.Number(1, seconds);
        }

        if (nanos != 0)
        {
            writer.Number(2, nanos);
        }

        writer.End(message);
    }
}
