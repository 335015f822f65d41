using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Answers the back end's requests for events that it misses: from the outbox what has no receipt yet, and from the journal's files
/// what had one, for a back end that had to go back to an older backup.
/// </summary>
internal sealed partial class Resends(MachineClientOptions options, MachineOutbox outbox, Action wake, ILogger logger)
{
    /// <summary>At most this many at a time; the next sync asks for the rest.</summary>
    private const int MaxEvents = 1_000;

    private int _searching;

    /// <summary>On the reading loop: the files are read elsewhere, one request at a time.</summary>
    internal void Answer(IReadOnlyList<ResendRange> ranges)
    {
        if (ranges.Count == 0)
        {
            return;
        }

        foreach (var range in ranges)
        {
            outbox.Resend(range);
        }

        if (Interlocked.Exchange(ref _searching, 1) == 0)
        {
            _ = Task.Run(() => Search(ranges));
        }
    }

    private void Search(IReadOnlyList<ResendRange> ranges)
    {
        try
        {
            var left = MaxEvents;
            foreach (var range in ranges)
            {
                var restored = 0;
                foreach (var (reported, bytes, segment) in options.Journal.Find(options.MachineId, range, left))
                {
                    restored += outbox.Restore(reported, bytes, segment) ? 1 : 0;
                }

                left -= restored;
                Log.Asked(logger, options.MachineId, range.From, range.To, range.Boot, restored);
            }
        }
        catch (Exception e)
        {
            // The next sync asks again.
            Log.SearchFailed(logger, options.MachineId, e.Message);
        }
        finally
        {
            Volatile.Write(ref _searching, 0);
            wake();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7113, LogLevel.Warning, "The back end misses events {From} to {To} of boot {Boot} of machine {MachineId}; {Restored} come from the journal again.")]
        internal static partial void Asked(ILogger logger, MachineId machineId, long from, long to, long boot, int restored);

        [LoggerMessage(7114, LogLevel.Warning, "Events that the back end misses of machine {MachineId} cannot be read from the journal: {Detail}")]
        internal static partial void SearchFailed(ILogger logger, MachineId machineId, string detail);
    }
}
