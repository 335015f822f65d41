using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PaymentMonitor.Contracts;

/// <summary>Reads one field of an event, or refuses it by its name and its rule.</summary>
internal static class Field
{
    internal static EventRefusedException Missing(string name) => new("missing-field", $"The field '{name}' is missing.");

    internal static EventRefusedException Invalid(string name, string rule) => new("invalid-field", $"The field '{name}' must be {rule}.");

    internal static T Identifier<T>(string? text, string name) where T : struct, IIdentifier<T>
    {
        if (text is null)
        {
            throw Missing(name);
        }

        return T.TryParse(text, out var id) ? id : throw Invalid(name, T.Rule);
    }

    internal static string? Text(ref Utf8JsonReader reader, string name, int maxLength)
    {
        reader.Read();
        return TextHere(ref reader, name, maxLength);
    }

    /// <summary>A text that is one of few, most of the time, and then is not made anew.</summary>
    internal static string? Word(ref Utf8JsonReader reader, string name, int maxLength)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && reader.ValueSpan.Length <= maxLength && Utf8.IsValid(reader.ValueSpan)
            ? NameCache.Words.Get(reader.ValueSpan)
            : TextHere(ref reader, name, maxLength);
    }

    private static string? TextHere(ref Utf8JsonReader reader, string name, int maxLength)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        // A text that is far too long is refused before it is copied.
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > maxLength * 6)
        {
            throw Invalid(name, $"a text of at most {maxLength} characters");
        }

        try
        {
            var text = reader.GetString()!;
            return text.Length <= maxLength ? text : throw Invalid(name, $"a text of at most {maxLength} characters");
        }
        catch (InvalidOperationException)
        {
            throw Invalid(name, "valid UTF-8");
        }
    }

    internal static DateTimeOffset Time(ref Utf8JsonReader reader, string name) => OptionalTime(ref reader, name) ?? throw Missing(name);

    internal static DateTimeOffset? OptionalTime(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        // Without an offset nobody can say which moment is meant.
        return reader.TokenType == JsonTokenType.String && HasOffset(reader.ValueSpan) && reader.TryGetDateTimeOffset(out var time)
            ? time.ToUniversalTime()
            : throw Invalid(name, "an ISO 8601 time with its offset, such as 2026-01-31T12:00:00.000Z");
    }

    /// <summary>A W3C <c>traceparent</c> of version 00. Anything else is left out: nobody's event is lost for a trace.</summary>
    internal static string? TraceParent(ref Utf8JsonReader reader)
    {
        const int Length = 55;
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && reader.ValueSpan is { Length: Length } text && IsTraceParent(text))
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    /// <summary>The same of a text.</summary>
    internal static string? TraceParent(string? text)
    {
        const int Length = 55;
        Span<byte> utf8 = stackalloc byte[Length];
        return text?.Length == Length && Encoding.UTF8.TryGetBytes(text, utf8, out var written) && written == Length && IsTraceParent(utf8) ? text : null;
    }

    internal static bool Flag(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw Invalid(name, "true or false"),
        };
    }

    internal static long? OptionalCount(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count) && count >= 0
            ? count
            : throw Invalid(name, "a whole number, 0 or more");
    }

    internal static long? Amount(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        return CheckAmount(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var amount) ? amount : 0);
    }

    internal static long CheckAmount(long amount)
    {
        return amount is > 0 and <= OrderEvent.MaxAmount
            ? amount
            : throw new EventRefusedException("invalid-amount", $"The field 'amount' must be a whole number of minor units, from 1 to {OrderEvent.MaxAmount}.");
    }

    internal static Range Object(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Invalid(name, "an object");
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static bool HasOffset(ReadOnlySpan<byte> time)
    {
        return time.Length > 10 && (time[^1] == 'Z' || time[10..].ContainsAny((byte)'+', (byte)'-'));
    }

    private static bool IsTraceParent(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var isRight = i is 2 or 35 or 52 ? text[i] == '-' : text[i] is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f');
            if (!isRight)
            {
                return false;
            }
        }

        return text.StartsWith("00-"u8);
    }
}

/// <summary>Carries a refusal from the field that broke a rule to the reader's one way out.</summary>
internal sealed class EventRefusedException(string name, string message) : Exception(message)
{
    internal NamedError Error { get; } = new(name, message);
}
