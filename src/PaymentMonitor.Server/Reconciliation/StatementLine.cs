using System.Globalization;
using nietras.SeparatedValues;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>One line of a payment provider's statement: a payment taken, or a refund made.</summary>
/// <param name="PaymentRef">Null where the provider does not give it.</param>
/// <param name="RefundId">Null for a payment, and for a refund that was made at the provider by hand.</param>
internal sealed record StatementLine(
    StatementKind Kind, DateTimeOffset Time, PaymentId PaymentId, PaymentReference? PaymentRef, string? RefundId, long Amount, Currency Currency);

internal enum StatementKind
{
    Payment,
    Refund,
}

/// <summary>Reads statements: CSV (RFC 4180) with a header line, columns in any order, further columns ignored.</summary>
internal static class StatementFile
{
    private static readonly string[] Required = ["type", "time", "paymentId", "amount", "currency"];

    /// <exception cref="StatementException">The file is not a statement; the message names the line.</exception>
    internal static List<StatementLine> Read(TextReader text)
    {
        try
        {
            using var reader = Sep.New(',').Reader(options => options with { Unescape = true }).From(text);
            if (Required.FirstOrDefault(name => !reader.Header.TryIndexOf(name, out _)) is { } missing)
            {
                throw new StatementException($"The statement has no column '{missing}'; it needs {string.Join(", ", Required)}.");
            }

            var hasReference = reader.Header.TryIndexOf("paymentRef", out _);
            var hasRefundId = reader.Header.TryIndexOf("refundId", out _);
            var lines = new List<StatementLine>();
            foreach (var row in reader)
            {
                lines.Add(new StatementLine(
                    Kind(row),
                    Time(row),
                    Id<PaymentId>(row, "paymentId"),
                    hasReference && row["paymentRef"].Span.Length > 0 ? Id<PaymentReference>(row, "paymentRef") : null,
                    hasRefundId && row["refundId"].Span.Length > 0 ? row["refundId"].ToString() : null,
                    Amount(row),
                    Id<Currency>(row, "currency")));
            }

            return lines;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new StatementException($"The statement is not CSV with the same number of columns in every line: {e.Message}", e);
        }
    }

    private static StatementKind Kind(SepReader.Row row) => row["type"].Span switch
    {
        "payment" => StatementKind.Payment,
        "refund" => StatementKind.Refund,
        _ => throw Wrong(row, "type", "'payment' or 'refund'"),
    };

    private static DateTimeOffset Time(SepReader.Row row)
    {
        return DateTimeOffset.TryParse(row["time"].Span, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw Wrong(row, "time", "a time such as 2026-11-25T08:00:00Z");
    }

    private static long Amount(SepReader.Row row)
    {
        return long.TryParse(row["amount"].Span, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount is > 0 and <= OrderEvent.MaxAmount
            ? amount
            : throw Wrong(row, "amount", $"1 to {OrderEvent.MaxAmount} minor units, refunds too");
    }

    private static T Id<T>(SepReader.Row row, string column) where T : struct, IIdentifier<T> =>
        T.TryParse(row[column].ToString(), out var id) ? id : throw Wrong(row, column, T.Rule);

    private static StatementException Wrong(SepReader.Row row, string column, string rule) =>
        new($"Line {row.LineNumberFrom} of the statement has the {column} '{row[column]}'; it must be {rule}.");
}

/// <summary>The statement cannot be read; the message is a sentence for people.</summary>
internal sealed class StatementException(string message, Exception? innerException = null) : Exception(message, innerException);
