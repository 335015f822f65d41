using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

internal enum RecordKind : byte
{
    /// <summary>The boot number that a machine begins: 8 bytes.</summary>
    Boot = 1,

    /// <summary>An event, as JSON.</summary>
    Report = 2,

    /// <summary>The id of an event that needs no sending any more.</summary>
    Receipt = 3,

    /// <summary>A decision, as JSON.</summary>
    Decision = 4,

    /// <summary>How far an order's decisions came, see <see cref="OrderMarks"/>.</summary>
    Order = 5,

    /// <summary>Something was damaged at this moment: 8 bytes, Unix milliseconds. Of no machine.</summary>
    Damage = 6,
}

/// <summary>
/// One record of a journal: kind, machine, length, body. Records are facts that say the same in any order and any number of times,
/// so that cleaning may copy them forward and damage costs no more than what it hit.
/// </summary>
internal readonly ref struct JournalRecord
{
    internal RecordKind Kind { get; private init; }

    internal ReadOnlySpan<byte> Machine { get; private init; }

    internal ReadOnlySpan<byte> Body { get; private init; }

    internal long Number => BinaryPrimitives.ReadInt64LittleEndian(Body);

    internal string Text => Encoding.ASCII.GetString(Body);

    /// <summary>Takes the first record off <paramref name="rest"/>.</summary>
    /// <returns>False at the end.</returns>
    internal static bool TryTake(ref ReadOnlySpan<byte> rest, out JournalRecord record)
    {
        record = default;
        if (rest.Length < 6 || rest.Length < 6 + rest[1])
        {
            return false;
        }

        var machine = rest.Slice(2, rest[1]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest[(2 + machine.Length)..]);
        var body = rest[(6 + machine.Length)..];
        if (length < 0 || length > body.Length)
        {
            return false;
        }

        record = new JournalRecord { Kind = (RecordKind)rest[0], Machine = machine, Body = body[..length] };
        rest = body[length..];
        return true;
    }

    internal static void WriteNumber(JournalBuffer into, RecordKind kind, string machine, long number)
    {
        var body = Begin(into, kind, machine);
        BinaryPrimitives.WriteInt64LittleEndian(into.GetSpan(8), number);
        into.Advance(8);
        End(into, body);
    }

    internal static void WriteReceipt(JournalBuffer into, string machine, string eventId)
    {
        var body = Begin(into, RecordKind.Receipt, machine);
        into.Advance(Encoding.ASCII.GetBytes(eventId, into.GetSpan(eventId.Length)));
        End(into, body);
    }

    /// <returns>The bytes of the event.</returns>
    internal static int WriteReport(JournalBuffer into, Utf8JsonWriter json, string machine, ReportedEvent reported)
    {
        var body = Begin(into, RecordKind.Report, machine);
        json.Reset(into);
        EventJson.Write(json, reported);
        json.Flush();
        return End(into, body);
    }

    /// <returns>The bytes of the decision.</returns>
    internal static int WriteDecision(JournalBuffer into, Utf8JsonWriter json, string machine, Decision decision)
    {
        var body = Begin(into, RecordKind.Decision, machine);
        json.Reset(into);
        JsonSerializer.Serialize(json, decision, WireJson.Default.Decision);
        json.Flush();
        return End(into, body);
    }

    internal static void WriteOrder(JournalBuffer into, string machine, OrderId orderId, OrderMarks marks)
    {
        var body = Begin(into, RecordKind.Order, machine);
        marks.Write(into);
        into.Advance(Encoding.ASCII.GetBytes(orderId.Value, into.GetSpan(orderId.Value.Length)));
        End(into, body);
    }

    internal (OrderId OrderId, OrderMarks Marks) ToOrder()
    {
        return (OrderId.Parse(Encoding.ASCII.GetString(Body[OrderMarks.Bytes..])), OrderMarks.Read(Body));
    }

    internal Decision ToDecision()
    {
        return JsonSerializer.Deserialize(Body, WireJson.Default.Decision) ?? throw new JsonException("A decision is an object.");
    }

    internal ReportedEvent ToReport()
    {
        return EventJson.TryRead(Body, out var reported, out var refusal) ? reported : throw new JsonException(refusal.Error.Message);
    }

    private static int Begin(JournalBuffer into, RecordKind kind, string machine)
    {
        var span = into.GetSpan(6 + machine.Length);
        span[0] = (byte)kind;
        span[1] = (byte)machine.Length;
        Encoding.ASCII.GetBytes(machine, span[2..]);
        into.Advance(6 + machine.Length);
        return into.Length;
    }

    private static int End(JournalBuffer into, int body)
    {
        var length = into.Length - body;
        BinaryPrimitives.WriteInt32LittleEndian(into.Written[(body - 4)..], length);
        return length;
    }
}
