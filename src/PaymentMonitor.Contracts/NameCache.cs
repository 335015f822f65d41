using System.Text;

namespace PaymentMonitor.Contracts;

/// <summary>
/// Makes the same string of the same UTF-8 name most of the time, without allocating it anew: a hub sees few event and group
/// names, a back end few types and channels, and each of them very often. Thread-safe without locks: a lost race costs one allocation.
/// </summary>
internal sealed class NameCache
{
    private const int Slots = 256;
    private const int MaxNameBytes = 64;

    /// <summary>For what events and orders say in few words: types, channels, currencies, reasons.</summary>
    internal static NameCache Words { get; } = new();

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <param name="utf8">Valid UTF-8.</param>
    internal string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxNameBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref _entries[(uint)hash.ToHashCode() % Slots];
        if (slot is { } entry && entry.Utf8.AsSpan().SequenceEqual(utf8))
        {
            return entry.Name;
        }

        var made = new Entry(utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        Volatile.Write(ref slot, made);
        return made.Name;
    }

    private sealed record Entry(byte[] Utf8, string Name);
}
