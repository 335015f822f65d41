using System.Globalization;

namespace PaymentMonitor.Server;

/// <summary>The query of an address, from those conditions that are given.</summary>
internal readonly record struct QueryText
{
    private readonly string? _text;

    private QueryText(string text) => _text = text;

    internal QueryText With(string name, string? value)
    {
        return value is null ? this : new QueryText($"{_text}{(_text is null ? '?' : '&')}{name}={Uri.EscapeDataString(value)}");
    }

    internal QueryText With(string name, DateTimeOffset? value) => With(name, value?.ToString("O", CultureInfo.InvariantCulture));

    public override string ToString() => _text ?? "";
}
