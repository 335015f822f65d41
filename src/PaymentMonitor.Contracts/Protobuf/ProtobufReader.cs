using System.Text;
using System.Text.Unicode;

namespace PaymentMonitor.Contracts;

/// <summary>
/// Reads one Protocol Buffers message field by field, without copying and without generated classes. A field whose number or wire
/// type is not expected is skipped, as every Protobuf reader does, so that newer senders can talk to older receivers.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int MaxVarintBytes = 10;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Bytes not read yet.</summary>
    internal readonly int Left => _rest.Length;

    /// <summary>Moves to the next field. False: there is none.</summary>
    internal bool TryReadTag(out uint tag)
    {
        if (_rest.IsEmpty)
        {
            tag = 0;
            return false;
        }

        var value = Varint();
        tag = value is >= 8 and <= uint.MaxValue ? (uint)value : throw new ProtobufException("The number of a field is out of range.");
        return true;
    }

    internal ulong Varint()
    {
        var value = 0UL;
        for (var i = 0; i < MaxVarintBytes && i < _rest.Length; i++)
        {
            var part = _rest[i];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw new ProtobufException(_rest.Length >= MaxVarintBytes ? "A number has more than ten bytes." : "The message ends inside a number.");
    }

    /// <summary>A number of either sign (<c>sint64</c>).</summary>
    internal long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    internal ReadOnlySpan<byte> Bytes()
    {
        var length = Varint();
        if (length > (ulong)_rest.Length)
        {
            throw new ProtobufException("The message ends inside a field.");
        }

        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }

    /// <summary>A string, which in Protocol Buffers is always UTF-8.</summary>
    internal string Text()
    {
        var bytes = Bytes();
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new ProtobufException("A text is not valid UTF-8.");
    }

    internal T Identifier<T>() where T : struct, IIdentifier<T>
    {
        return T.TryParse(Text(), out var id) ? id : throw new ProtobufException($"{typeof(T).Name} must be {T.Rule}.");
    }

    /// <summary>Passes over a field that means nothing here.</summary>
    internal void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case Wire.Varint:
                Varint();
                break;
            case Wire.Bytes:
                Bytes();
                break;
            case Wire.Fixed64:
                SkipFixed(sizeof(ulong));
                break;
            case Wire.Fixed32:
                SkipFixed(sizeof(uint));
                break;
            default:
                throw new ProtobufException("A field has a wire type that Protocol Buffers 3 does not have.");
        }
    }

    private void SkipFixed(int count)
    {
        _rest = count <= _rest.Length ? _rest[count..] : throw new ProtobufException("The message ends inside a field.");
    }
}
