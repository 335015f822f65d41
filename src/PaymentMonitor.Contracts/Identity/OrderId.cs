using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>Names an order of one machine: 1-64 of <c>[A-Za-z0-9_-]</c>, unique per machine.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<OrderId>))]
public readonly record struct OrderId : IIdentifier<OrderId>
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private readonly string? _value;

    private OrderId(string value) => _value = value;

    public static string Rule => "1-64 of A-Z, a-z, 0-9, '_' and '-'";

    public string Value => _value ?? "";

    public static OrderId Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid OrderId: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out OrderId id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new OrderId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
