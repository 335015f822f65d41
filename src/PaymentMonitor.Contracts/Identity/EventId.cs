using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>The idempotency key of an event: 1-128 of <c>[A-Za-z0-9_./:-]</c>. Any text that is unique within its order, made and stored before the first send; only the system's own ids contain a slash.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<EventId>))]
public readonly record struct EventId : IIdentifier<EventId>
{
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-");

    private readonly string? _value;

    private EventId(string value) => _value = value;

    public static string Rule => "1-128 of A-Z, a-z, 0-9, '_', '.', ':', '/' and '-'";

    public string Value => _value ?? "";

    public static EventId Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid EventId: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out EventId id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new EventId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
