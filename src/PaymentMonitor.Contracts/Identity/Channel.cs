using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>How an order is paid: 1-32 of <c>[a-z0-9-]</c>, for example <c>cash</c>, <c>card-terminal</c> or <c>qr</c>.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<Channel>))]
public readonly record struct Channel : IIdentifier<Channel>
{
    public const int MaxLength = 32;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly string? _value;

    private Channel(string value) => _value = value;

    public static string Rule => "1-32 of a-z, 0-9 and '-'";

    public string Value => _value ?? "";

    public static Channel Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid Channel: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Channel id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new Channel(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
