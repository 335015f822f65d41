using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>Names a machine: 1-35 of <c>[a-z0-9-]</c>. It never comes from a body: it is the authenticated user of the connection.</summary>
[JsonConverter(typeof(IdentifierJsonConverter<MachineId>))]
public readonly record struct MachineId : IIdentifier<MachineId>
{
    public const int MaxLength = 35;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly string? _value;

    private MachineId(string value) => _value = value;

    public static string Rule => "1-35 of a-z, 0-9 and '-'";

    public string Value => _value ?? "";

    public static MachineId Parse(string text)
    {
        return TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a valid MachineId: it must be {Rule}.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out MachineId id)
    {
        var valid = IdentifierText.Matches(text, MaxLength, Allowed);
        id = valid ? new MachineId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
