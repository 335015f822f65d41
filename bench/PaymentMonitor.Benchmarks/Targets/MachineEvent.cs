using System.Globalization;
using System.Text.Unicode;

namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>The events of one order paid at the machine's own card terminal, in order. The last two are decided upon.</summary>
internal enum Step
{
    Created,
    Started,
    Succeeded,
    Shipped,
}

/// <summary>An event of the load. Its id has the form of a ULID and carries machine, order and step in its digits, so that an answer is matched without a table.</summary>
/// <param name="Run">The ten first characters of the ids of one run.</param>
internal readonly record struct MachineEvent(string Run, int Machine, int Order, Step Step, DateTime Time, bool Offline = false)
{
    private const int IdDigits = 16;
    private const int RunLength = 10;

    internal static string OrderId(int order) => string.Create(CultureInfo.InvariantCulture, $"o{order:D10}");

    /// <summary>The event as the machine reports it, the same bytes to every server.</summary>
    /// <returns>The bytes written to <paramref name="to"/>.</returns>
    internal int WriteJson(Span<byte> to)
    {
        var (type, data) = Step switch
        {
            Step.Created => ("order.created", """{"amount":350,"currency":"EUR","channel":"card-terminal","expiresIn":300}}"""),
            Step.Started => ("payment.started", "{}}"),
            Step.Succeeded => ("payment.succeeded", $$$"""{"paymentId":"p{{{Machine:D5}}}-{{{Order:D10}}}","amount":350,"currency":"EUR"}}"""),
            _ => ("shipment.completed", "{}}"),
        };
        var seq = ((long)(Order - 1) * 4) + (int)Step + 1;
        var fits = Utf8.TryWrite(
            to,
            $$"""{"id":"{{Run}}{{Machine:D5}}{{Order:D10}}{{(int)Step}}","type":"{{type}}","orderId":"o{{Order:D10}}","boot":1,"seq":{{seq}},"time":"{{Time:O}}","sentAt":"{{Time:O}}","offline":{{(Offline ? "true" : "false")}},"data":{{data}}""",
            out var written);
        return fits ? written : throw new InvalidOperationException($"An event of the load is longer than {to.Length} bytes.");
    }

    /// <summary>Reads order and step from the first event id in <paramref name="text"/>.</summary>
    internal static bool TryReadId(ReadOnlySpan<byte> text, out int order, out Step step)
    {
        order = 0;
        step = default;
        var at = text.IndexOf("\"id\":\""u8);
        if (at < 0 || text.Length < at + 6 + RunLength + IdDigits)
        {
            return false;
        }

        var digits = text.Slice(at + 6 + RunLength + 5, IdDigits - 5);
        step = (Step)(digits[^1] - '0');
        return TryReadNumber(digits[..^1], out order);
    }

    /// <summary>Reads the order from the first order id in <paramref name="text"/>.</summary>
    internal static bool TryReadOrder(ReadOnlySpan<byte> text, out int order)
    {
        order = 0;
        var at = text.IndexOf("\"orderId\":\"o"u8);
        return at >= 0 && text.Length >= at + 22 && TryReadNumber(text.Slice(at + 12, 10), out order);
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out int number)
    {
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out number, out var read) && read == digits.Length;
    }
}
