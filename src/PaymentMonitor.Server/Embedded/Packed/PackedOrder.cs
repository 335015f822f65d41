using System.Collections.Immutable;
using System.Runtime.InteropServices;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// An order as the embedded store keeps it, in the file and in memory: one block of bytes, a Protocol Buffers message of the store's own. It is a
/// third of what the same is as JSON, and to the garbage collector it is nothing, where an order is some seventy objects. Times are
/// differences, in ticks of 100 ns.
/// </summary>
/// <remarks>Fields are added, never given another meaning: a later release reads what this one wrote, and skips what it does not know.</remarks>
internal static class PackedOrder
{
    private const uint MachineIdField = 1;
    private const uint OrderIdField = 2;
    private const uint RulesVersion = 3;
    private const uint Status = 4;
    private const uint ConfirmedVersion = 5;
    private const uint Clock = 6;
    private const uint Due = 7;
    private const uint VerdictAskedAt = 8;
    private const uint AllowedPayment = 9;
    private const uint CompletedPayment = 10;
    private const uint Errands = 11;
    private const uint Flag = 12;
    private const uint EnvelopeField = 13;
    private const uint DecisionField = 14;
    private const uint NoticeField = 15;
    private const uint Room = 16;

    internal static void Write(ProtobufWriter writer, Order order)
    {
        writer.Text(MachineIdField, order.MachineId.Value);
        writer.Text(OrderIdField, order.OrderId.Value);
        writer.Number(RulesVersion, order.RulesVersion);
        writer.Number(Status, (long)order.Status);
        writer.Number(ConfirmedVersion, order.ConfirmedVersion);
        writer.Number(Clock, order.Clock.UtcTicks);
        writer.Time(Due, order.Due, order.Clock);
        writer.Time(VerdictAskedAt, order.VerdictAskedAt, order.Clock);
        writer.Text(AllowedPayment, order.AllowedPayment?.Value);
        writer.Text(CompletedPayment, order.CompletedPayment?.Value);
        writer.Number(Errands, (long)order.Errands);
        foreach (var flag in order.Flags)
        {
            writer.Text(Flag, flag);
        }

        foreach (var envelope in order.Envelopes)
        {
            var start = writer.Begin(EnvelopeField);
            PackedEnvelope.Write(writer, envelope, order.Clock);
            writer.End(start);
        }

        foreach (var decision in order.Decisions)
        {
            var start = writer.Begin(DecisionField);
            PackedTelling.Write(writer, decision, order.Clock);
            writer.End(start);
        }

        foreach (var notice in order.Notices)
        {
            var start = writer.Begin(NoticeField);
            PackedTelling.Write(writer, notice, order.Clock);
            writer.End(start);
        }
    }

    /// <summary>Fills up what was written since <paramref name="start"/> to a size, with a field that no reader looks at.</summary>
    internal static void MakeRoom(ProtobufWriter writer, int start, int bytesMin)
    {
        // A tag of two bytes, and a length of two for what is filled up at most.
        const int Head = 4;
        var rest = bytesMin - (writer.Length - start) - Head;
        if (rest > 0)
        {
            writer.Zeros(Room, rest);
        }
    }

    /// <param name="key">The order's name, where it is known already: so it is not made anew.</param>
    /// <exception cref="FormatException">It is no such block.</exception>
    internal static Order Read(ReadOnlySpan<byte> packed, OrderKey? key = null)
    {
        try
        {
            return Unpack(packed, key);
        }
        catch (Exception e) when (e is ProtobufException or EventRefusedException)
        {
            throw new FormatException("The stored order is not readable.", e);
        }
    }

    private static Order Unpack(ReadOnlySpan<byte> packed, OrderKey? key)
    {
        var lists = Lists.For(packed);
        MachineId machineId = key?.MachineId ?? default;
        OrderId orderId = key?.OrderId ?? default;
        var (rules, status, confirmed, errands) = (0, default(OrderStatus), 0, ProviderErrands.None);
        DateTimeOffset clock = default;
        DateTimeOffset? due = null, verdictAskedAt = null;
        PaymentId? allowed = null, completed = null;
        var flags = ImmutableArray<string>.Empty;
        var reader = new ProtobufReader(packed);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case (MachineIdField << 3) | Wire.Bytes when key is null:
                    machineId = reader.Identifier<MachineId>();
                    break;
                case (OrderIdField << 3) | Wire.Bytes when key is null:
                    orderId = reader.Identifier<OrderId>();
                    break;
                case (RulesVersion << 3) | Wire.Varint:
                    rules = (int)reader.Varint();
                    break;
                case (Status << 3) | Wire.Varint:
                    status = (OrderStatus)reader.Varint();
                    break;
                case (ConfirmedVersion << 3) | Wire.Varint:
                    confirmed = (int)reader.Varint();
                    break;
                case (Clock << 3) | Wire.Varint:
                    clock = new DateTimeOffset((long)reader.Varint(), TimeSpan.Zero);
                    break;
                case (Due << 3) | Wire.Varint:
                    due = reader.Time(clock);
                    break;
                case (VerdictAskedAt << 3) | Wire.Varint:
                    verdictAskedAt = reader.Time(clock);
                    break;
                case (AllowedPayment << 3) | Wire.Bytes:
                    allowed = reader.Identifier<PaymentId>();
                    break;
                case (CompletedPayment << 3) | Wire.Bytes:
                    completed = reader.Identifier<PaymentId>();
                    break;
                case (Errands << 3) | Wire.Varint:
                    errands = (ProviderErrands)reader.Varint();
                    break;
                case (Flag << 3) | Wire.Bytes:
                    flags = flags.Add(NameCache.Words.Get(reader.Bytes()));
                    break;
                case (EnvelopeField << 3) | Wire.Bytes:
                    lists.Add(PackedEnvelope.Read(reader.Bytes(), machineId, orderId, clock));
                    break;
                case (DecisionField << 3) | Wire.Bytes:
                    lists.Add(PackedTelling.ReadDecision(reader.Bytes(), orderId, clock, lists.DecisionCount + 1));
                    break;
                case (NoticeField << 3) | Wire.Bytes:
                    lists.Add(PackedTelling.ReadNotice(reader.Bytes(), clock, lists.NoticeCount + 1));
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new Order(machineId, orderId)
        {
            RulesVersion = rules,
            Status = status,
            ConfirmedVersion = confirmed,
            Clock = clock,
            Due = due,
            VerdictAskedAt = verdictAskedAt,
            AllowedPayment = allowed,
            CompletedPayment = completed,
            Errands = errands,
            Flags = flags,
            Envelopes = lists.Envelopes,
            Decisions = lists.Decisions,
            Notices = lists.Notices,
        };
    }

    /// <summary>What an order has several of, in arrays of the right size.</summary>
    private struct Lists
    {
        private Envelope[] _envelopes;
        private Decision[] _decisions;
        private Notice[] _notices;
        private int _envelopeCount;

        internal int DecisionCount { get; private set; }

        internal int NoticeCount { get; private set; }

        internal readonly ImmutableArray<Envelope> Envelopes => ImmutableCollectionsMarshal.AsImmutableArray(_envelopes);

        internal readonly ImmutableArray<Decision> Decisions => ImmutableCollectionsMarshal.AsImmutableArray(_decisions);

        internal readonly ImmutableArray<Notice> Notices => ImmutableCollectionsMarshal.AsImmutableArray(_notices);

        internal static Lists For(ReadOnlySpan<byte> packed)
        {
            var (envelopes, decisions, notices) = (0, 0, 0);
            var reader = new ProtobufReader(packed);
            while (reader.TryReadTag(out var tag))
            {
                envelopes += tag == ((EnvelopeField << 3) | Wire.Bytes) ? 1 : 0;
                decisions += tag == ((DecisionField << 3) | Wire.Bytes) ? 1 : 0;
                notices += tag == ((NoticeField << 3) | Wire.Bytes) ? 1 : 0;
                reader.Skip(tag);
            }

            return new Lists
            {
                _envelopes = envelopes == 0 ? [] : new Envelope[envelopes],
                _decisions = decisions == 0 ? [] : new Decision[decisions],
                _notices = notices == 0 ? [] : new Notice[notices],
            };
        }

        internal void Add(Envelope envelope) => _envelopes[_envelopeCount++] = envelope;

        internal void Add(Decision decision) => _decisions[DecisionCount++] = decision;

        internal void Add(Notice notice) => _notices[NoticeCount++] = notice;
    }
}
