using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>A checked text that names something: it is parsed at the edge and trusted everywhere behind it.</summary>
public interface IIdentifier<TSelf> where TSelf : struct, IIdentifier<TSelf>
{
    /// <summary>What a valid text looks like, as the second half of a sentence: "must be ...".</summary>
    static abstract string Rule { get; }

    string Value { get; }

    static abstract bool TryParse([NotNullWhen(true)] string? text, out TSelf id);
}

/// <summary>Writes an identifier as its text and refuses, by its rule, a text that is not one.</summary>
public sealed class IdentifierJsonConverter<T> : JsonConverter<T> where T : struct, IIdentifier<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        return T.TryParse(reader.GetString(), out var id) ? id : throw new JsonException($"{typeof(T).Name} must be {T.Rule}.");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

internal static class IdentifierText
{
    internal static bool Matches([NotNullWhen(true)] string? text, int maxLength, System.Buffers.SearchValues<char> allowed)
    {
        return text is { Length: > 0 } && text.Length <= maxLength && !text.AsSpan().ContainsAnyExcept(allowed);
    }
}
