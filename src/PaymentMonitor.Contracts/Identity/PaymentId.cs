using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>Names one payment, as its provider or the machine's own terminal does: 1-64 of <c>[A-Za-z0-9_.:-]</c>.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<PaymentId>))]
public readonly record struct PaymentId : IIdentifier<PaymentId>
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-");

    private readonly string? _value;

    private PaymentId(string value) => _value = value;

    public static string Rule => "1-64 of A-Z, a-z, 0-9, '_', '.', ':' and '-'";

    public string Value => _value ?? "";

    public static PaymentId Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid PaymentId: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out PaymentId id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new PaymentId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
