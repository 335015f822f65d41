using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Notices which reports of a machine never arrived, and has them asked for in the answer to its next sync. What arrives is noted
/// in memory and stored now and then: what a crash forgets is asked for again, and a repeat counts once.
/// </summary>
/// <param name="isShared">Other instances note arrivals of the same machines, so what is stored is read anew for each sync.</param>
public sealed partial class GapWatch(IMachineProgress store, TimeProvider time, IMeterFactory meters, ILogger<GapWatch> logger, bool isShared = false)
{
    /// <summary>Bounds the answer to one sync; the next one has the rest.</summary>
    private const int RangesMax = 32;

    // Enough for a store that commits in groups, and few enough that machines' reports do not queue behind them.
    private const int FlushesAtOnce = 32;

    // Shared, it must be stored before another instance would ask for it.
    private readonly TimeSpan _flushEvery = TimeSpan.FromSeconds(isShared ? 5 : 15);

    private readonly ConcurrentDictionary<MachineId, Watched> _machines = new();

    private readonly Counter<long> _lost =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.reports.lost", "{report}", "Reports of machines that never came and are no longer waited for.");

    private readonly Counter<long> _asked =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.reports.asked", "{range}", "Ranges of missing reports that machines were asked to send again; repeats included.");

    /// <summary>Takes note of a report that has its receipt. Costs a look-up and a lock that nobody else holds.</summary>
    public void Note(MachineId machineId, ReportedEvent reported, DateTimeOffset now)
    {
        var watched = _machines.GetOrAdd(machineId, static id => new Watched(id));
        lock (watched.Gate)
        {
            watched.Progress.Note(reported, now);
            watched.IsDirty = true;
        }
    }

    /// <summary>A machine's sync: what it says it has used, and what it is to send again.</summary>
    public async ValueTask<IReadOnlyList<ResendRange>> AnswerAsync(MachineId machineId, SyncRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Seen is null && !_machines.ContainsKey(machineId))
        {
            return [];
        }

        var watched = _machines.GetOrAdd(machineId, static id => new Watched(id));
        watched.IsLoaded &= !isShared;
        await LoadAsync(watched, cancellationToken);
        IReadOnlyList<ResendRange> missing;
        lock (watched.Gate)
        {
            var now = time.GetUtcNow();
            Announce(watched.Progress, request.Before, now);
            Announce(watched.Progress, request.Seen, now);
            watched.IsDirty = true;
            GiveUp_NeedsLock(watched.Progress, now);
            missing = watched.Progress.ToAskFor(now, RangesMax);
        }

        _asked.Add(missing.Count);
        return missing;
    }

    /// <summary>Stores what has changed every few seconds, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(_flushEvery, time);
        while (await ticks.WaitForNextTickAsync(cancellationToken))
        {
            await TryFlushAsync(cancellationToken);
        }
    }

    /// <summary>Stores what has changed; what cannot be stored now is stored with the next.</summary>
    public async Task TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotStored(logger, e);
        }
    }

    /// <summary>Stores what has changed: one write for each machine that was heard of since the last time.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = FlushesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(_machines.Values.Where(watched => watched.IsDirty), options, StoreAsync);
    }

    private async ValueTask StoreAsync(Watched watched, CancellationToken cancellationToken)
    {
        await LoadAsync(watched, cancellationToken);
        while (true)
        {
            MachineProgress copy;
            lock (watched.Gate)
            {
                watched.IsDirty = false;
                GiveUp_NeedsLock(watched.Progress, time.GetUtcNow());
                copy = watched.Progress.Copy();
            }

            bool isWritten;
            try
            {
                isWritten = await store.TryWriteAsync(copy, cancellationToken);
            }
            catch
            {
                watched.IsDirty = true;
                throw;
            }

            if (isWritten)
            {
                lock (watched.Gate)
                {
                    watched.Progress.Revision = copy.Revision + 1;
                }

                return;
            }

            // Another instance was faster: what it knows is added to what this one does.
            watched.IsLoaded = false;
            await LoadAsync(watched, cancellationToken);
        }
    }

    private async ValueTask LoadAsync(Watched watched, CancellationToken cancellationToken)
    {
        if (watched.IsLoaded)
        {
            return;
        }

        var stored = await store.ReadAsync(watched.Progress.MachineId, cancellationToken);
        lock (watched.Gate)
        {
            if (stored is not null)
            {
                watched.Progress.Merge(stored, time.GetUtcNow());
            }

            watched.IsLoaded = true;
        }
    }

    private void GiveUp_NeedsLock(MachineProgress progress, DateTimeOffset now)
    {
        foreach (var lost in progress.GiveUp(now))
        {
            _lost.Add(lost.To - lost.From + 1);
            Log.ReportsLost(logger, progress.MachineId, lost.From, lost.To, lost.Boot);
        }
    }

    private static void Announce(MachineProgress progress, SeenUpTo? seen, DateTimeOffset now)
    {
        if (seen is { Seq: > 0 })
        {
            progress.Announce(seen, now);
        }
    }

    private sealed class Watched(MachineId machineId)
    {
        internal Lock Gate { get; } = new();

        internal MachineProgress Progress { get; } = new(machineId);

        internal volatile bool IsDirty;

        internal volatile bool IsLoaded;
    }

    private static partial class Log
    {
        [LoggerMessage(6130, LogLevel.Error, "Machine {Machine} never sent its reports {From} to {To} of boot {Boot}; they are no longer waited for")]
        internal static partial void ReportsLost(ILogger logger, MachineId machine, long from, long to, long boot);

        [LoggerMessage(6131, LogLevel.Warning, "How far the machines' reports have come could not be stored; it is tried again")]
        internal static partial void NotStored(ILogger logger, Exception exception);
    }
}
