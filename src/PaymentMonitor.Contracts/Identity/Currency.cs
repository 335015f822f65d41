using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>An ISO 4217 currency code: three capital letters.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<Currency>))]
public readonly record struct Currency : IIdentifier<Currency>
{
    private readonly string? _value;

    private Currency(string value) => _value = value;

    public static string Rule => "an ISO 4217 code of three capital letters";

    public string Value => _value ?? "";

    public static Currency Parse(string text)
    {
        return TryParse(text, out var currency) ? currency : throw new FormatException($"'{text}' is not a currency: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Currency id)
    {
        var valid = text is { Length: 3 } && char.IsAsciiLetterUpper(text[0]) && char.IsAsciiLetterUpper(text[1]) && char.IsAsciiLetterUpper(text[2]);
        id = valid ? new Currency(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
