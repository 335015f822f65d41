using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Reads what earlier processes left. A frame that is damaged is set aside and reading goes on behind it: records do not depend on
/// their order, so damage costs no more than what it hit.
/// </summary>
internal sealed partial class JournalRecovery
{
    private readonly List<(long Segment, int Offset, byte[] Bytes)> _damage = [];
    private readonly List<string> _setAside = [];
    private DateTimeOffset? _damagedAt;

    internal Dictionary<MachineId, MachineLedger> Ledgers { get; } = [];

    /// <summary>Those that hold something, oldest first.</summary>
    internal List<long> Segments { get; } = [];

    /// <exception cref="IOException">A segment cannot be read.</exception>
    /// <exception cref="JournalException">A newer version wrote it.</exception>
    internal static JournalRecovery Read(IJournalFolder folder)
    {
        var recovery = new JournalRecovery();
        var empty = new List<long>();
        foreach (var segment in folder.List())
        {
            var bytes = folder.Read(segment);
            if (bytes.Length < SegmentHeader.Bytes || (bytes.Length == SegmentHeader.Bytes && SegmentHeader.IsWhole(bytes)))
            {
                // Made ahead, or the power went while it was made: there is nothing in it.
                empty.Add(segment);
                continue;
            }

            recovery.Segments.Add(segment);
            recovery.Read(segment, bytes);
        }

        foreach (var (segment, offset, bytes) in recovery._damage)
        {
            recovery._setAside.Add(folder.SetAside(segment, offset, bytes));
        }

        empty.ForEach(folder.Delete);
        return recovery;
    }

    /// <summary>Writes down that there was damage, and replaces the segments that had it.</summary>
    internal RecoveryReport Finish(JournalSegments segments, DateTimeOffset now, ILogger logger)
    {
        if (_damage.Count > 0)
        {
            _damagedAt = now;
            var note = new JournalBuffer();
            note.GetSpan(JournalFrame.PrefixBytes);
            note.Advance(JournalFrame.PrefixBytes);
            JournalRecord.WriteNumber(note, RecordKind.Damage, "", now.ToUnixTimeMilliseconds());
            segments.Append(note.Written);
            segments.DropThrough(_damage[^1].Segment);
            foreach (var file in _setAside)
            {
                Log.Damaged(logger, segments.Where, file);
            }
        }

        segments.Tidy();
        var report = new RecoveryReport(
            Ledgers.Values.Sum(ledger => ledger.Reports.Count),
            Ledgers.Values.Sum(ledger => ledger.Orders.Values.Sum(order => order.Open.Count)),
            _damage.Sum(damage => (long)damage.Bytes.Length),
            _setAside,
            _damagedAt);
        Log.Opened(logger, segments.Where, report.Events, report.Decisions);
        return report;
    }

    /// <summary>Looks for reports of a machine in all segments. What is just being written is seen or not.</summary>
    internal static IReadOnlyList<(ReportedEvent Event, int Bytes, long Segment)> Find(IJournalFolder folder, MachineId machineId, ResendRange range, int atMost)
    {
        var found = new Dictionary<string, (ReportedEvent, int, long)>();
        foreach (var segment in folder.List())
        {
            ReadOnlySpan<byte> bytes = TryRead(folder, segment);
            for (var offset = SegmentHeader.Bytes; offset < bytes.Length && JournalFrame.TryRead(bytes, segment, offset, out var records);)
            {
                offset += JournalFrame.PrefixBytes + records.Length;
                while (JournalRecord.TryTake(ref records, out var record))
                {
                    if (record.Kind == RecordKind.Report
                        && found.Count < atMost
                        && Ascii.Equals(record.Machine, machineId.Value)
                        && record.ToReport() is var reported
                        && reported.Boot == range.Boot
                        && reported.Seq >= range.From
                        && reported.Seq <= range.To)
                    {
                        found[reported.Id.Value] = (reported, record.Body.Length, segment);
                    }
                }
            }
        }

        return [.. found.Values.OrderBy(entry => entry.Item1.Seq)];
    }

    private static byte[] TryRead(IJournalFolder folder, long segment)
    {
        try
        {
            return folder.Read(segment);
        }
        catch (IOException)
        {
            // Deleted since it was listed: what it held is gone, or further on.
            return [];
        }
    }

    private void Read(long segment, byte[] bytes)
    {
        if (!SegmentHeader.IsWhole(bytes))
        {
            Damaged(segment, 0, bytes.AsSpan(0, SegmentHeader.Bytes));
        }

        var offset = SegmentHeader.Bytes;
        while (offset < bytes.Length)
        {
            if (JournalFrame.TryRead(bytes, segment, offset, out var records))
            {
                Apply(records, segment, offset);
                offset += JournalFrame.PrefixBytes + records.Length;
                continue;
            }

            var next = JournalFrame.Next(bytes, segment, offset + 1);
            Damaged(segment, offset, bytes.AsSpan(offset, next - offset));
            offset = next;
        }
    }

    private void Apply(ReadOnlySpan<byte> records, long segment, int offset)
    {
        while (JournalRecord.TryTake(ref records, out var record))
        {
            try
            {
                Apply(record, segment);
            }
            catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
            {
                // Whole, but not for this version to read.
                Damaged(segment, offset, record.Body);
            }
        }
    }

    private void Apply(in JournalRecord record, long segment)
    {
        if (record.Kind == RecordKind.Damage)
        {
            _damagedAt = DateTimeOffset.FromUnixTimeMilliseconds(record.Number);
            return;
        }

        var machineId = MachineId.Parse(Encoding.ASCII.GetString(record.Machine));
        if (!Ledgers.TryGetValue(machineId, out var ledger))
        {
            ledger = new MachineLedger(machineId);
            Ledgers.Add(machineId, ledger);
        }

        ledger.Apply(record, segment);
    }

    private void Damaged(long segment, int offset, ReadOnlySpan<byte> bytes) => _damage.Add((segment, offset, bytes.ToArray()));

    private static partial class Log
    {
        [LoggerMessage(7104, LogLevel.Information, "The journal in {Folder} holds {Events} events without a receipt and {Decisions} decisions to act on.")]
        internal static partial void Opened(ILogger logger, string folder, int events, int decisions);

        [LoggerMessage(7105, LogLevel.Warning, "The journal in {Folder} was damaged, as by a power cut in the middle of a write. What was whole is taken over; the rest is in {File}.")]
        internal static partial void Damaged(ILogger logger, string folder, string file);
    }
}
