using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>The merchant order number that the payment provider knows: 1-32 of <c>[0-9A-Za-z_-]</c>, unique over all machines.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<PaymentReference>))]
public readonly record struct PaymentReference : IIdentifier<PaymentReference>
{
    public const int MaxLength = 32;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private readonly string? _value;

    private PaymentReference(string value) => _value = value;

    public static string Rule => "1-32 of A-Z, a-z, 0-9, '_' and '-'";

    public string Value => _value ?? "";

    public static PaymentReference Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid PaymentReference: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out PaymentReference id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new PaymentReference(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
