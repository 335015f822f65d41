using System.Globalization;
using nietras.SeparatedValues;

namespace PaymentMonitor.Simulator;

/// <summary>The provider's statement as a file.</summary>
internal static class StatementCsv
{
    internal static string Write(IReadOnlyList<StatementEntry> entries)
    {
        using var writer = Sep.New(',').Writer(options => options with { Escape = true }).ToText();
        writer.Header.Add("type", "time", "paymentId", "paymentRef", "refundId", "amount", "currency");
        foreach (var entry in entries)
        {
            using var row = writer.NewRow();
            row["type"].Set(entry.Type);
            row["time"].Set(entry.Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            row["paymentId"].Set(entry.PaymentId);
            row["paymentRef"].Set(entry.PaymentRef);
            row["refundId"].Set(entry.RefundId);
            row["amount"].Format(entry.Amount);
            row["currency"].Set(entry.Currency);
        }

        return writer.ToString();
    }
}
