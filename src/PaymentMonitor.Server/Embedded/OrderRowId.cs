namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// The key of an order in the file: the arrival of its first event in milliseconds, then a number within them. So orders lie in
/// the order of their creation, those that change now lie on few pages, and a span of time is a range of keys.
/// </summary>
internal static class OrderRowId
{
    private const int NumberBits = 20;

    internal static long Next(long newest, long receivedAtMs) => Math.Max(newest + 1, receivedAtMs << NumberBits);

    /// <summary>The day (UTC) on which the order began.</summary>
    internal static DateOnly DayOf(long rowId) => DateOnly.FromDateTime(CreatedAt(rowId).UtcDateTime);

    internal static DateTimeOffset CreatedAt(long rowId) => DateTimeOffset.FromUnixTimeMilliseconds(rowId >> NumberBits);

    /// <summary>The least key of an order that was created at or after a moment.</summary>
    internal static long From(DateTimeOffset moment)
    {
        var ms = moment.ToUnixTimeMilliseconds();
        if (DateTimeOffset.FromUnixTimeMilliseconds(ms) < moment)
        {
            ms++;
        }

        return Math.Max(0, ms) << NumberBits;
    }
}
