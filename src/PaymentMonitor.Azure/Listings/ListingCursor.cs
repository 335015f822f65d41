using System.Buffers.Text;
using System.Globalization;
using System.Text;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>A place in the lists: in which one, and where in it. Days are walked from the newest to the oldest.</summary>
/// <param name="Continuation">Cosmos DB's own token, or null for the beginning.</param>
internal sealed record ListingCursor(string Kind, string? Continuation)
{
    private const string DayFormat = "yyyy-MM-dd";

    internal static ListingCursor First(OrderQuery query, DateTimeOffset now) => query.Continuation is { } text
        ? Parse(text)
        : new ListingCursor(query.Status is OrderStatus.Unresolved or OrderStatus.RefundDue ? query.Status.Value.ToString() : DayOf(query.To ?? now), null);

    internal static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>The day before, or null where there is none to go on to.</summary>
    internal ListingCursor? Earlier(DateTimeOffset oldest)
    {
        return DateOnly.TryParseExact(Kind, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day > DateOnly.FromDateTime(oldest.UtcDateTime)
            ? new ListingCursor(day.AddDays(-1).ToString(DayFormat, CultureInfo.InvariantCulture), null)
            : null;
    }

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Kind} {Continuation}"));

    private static ListingCursor Parse(string text)
    {
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 2);
        return parts is [{ Length: > 0 } kind, var continuation]
            ? new ListingCursor(kind, continuation.Length == 0 ? null : continuation)
            : throw new FormatException("The continuation is not one of ours.");
    }
}
