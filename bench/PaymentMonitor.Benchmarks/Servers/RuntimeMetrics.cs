using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>
/// Reads the meters of another .NET process over its diagnostics socket, as <c>dotnet-counters</c> does: what was allocated, and
/// what the server counts about itself. The process needs no code for it, so all servers are read the same way.
/// </summary>
internal sealed class RuntimeMetrics : IAsyncDisposable
{
    private const string Allocated = "dotnet.gc.heap.total_allocated";
    private const string Commits = "paymentmonitor.store.commits";

    private readonly EventPipeSession _session;
    private readonly EventPipeEventSource _events;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<string, double> _totals = new();
    private TaskCompletionSource _collected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RuntimeMetrics(EventPipeSession session)
    {
        _session = session;
        _events = new EventPipeEventSource(session.EventStream);
        _events.Dynamic.All += Take;
        _reading = Task.Factory.StartNew(_events.Process, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    internal static RuntimeMetrics Attach(int processId)
    {
        var arguments = new Dictionary<string, string>
        {
            ["SessionId"] = "benchmarks",
            ["Metrics"] = "System.Runtime,PaymentMonitor.Store",
            ["RefreshInterval"] = "0.5",
            ["MaxTimeSeries"] = "1000",
            ["MaxHistograms"] = "10",
        };
        var provider = new EventPipeProvider("System.Diagnostics.Metrics", EventLevel.Informational, 2, arguments);
        return new RuntimeMetrics(new DiagnosticsClient(processId).StartEventPipeSession(provider, requestRundown: false));
    }

    /// <summary>The totals as of the second collection from now: the first may have begun before.</summary>
    internal async Task<Totals> ReadAsync(CancellationToken cancellationToken)
    {
        for (var collection = 0; collection < 2; collection++)
        {
            await _collected.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        }

        return new Totals(_totals.GetValueOrDefault(Allocated), _totals.GetValueOrDefault(Commits));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _session.StopAsync(CancellationToken.None);
            await _reading;
        }
        catch (Exception e) when (e is ServerNotAvailableException or EndOfStreamException)
        {
            // The process has ended before us: nothing is left to be stopped.
        }

        _events.Dispose();
        _session.Dispose();
    }

    private void Take(TraceEvent e)
    {
        if (e.EventName == "Collection/Stop")
        {
            Interlocked.Exchange(ref _collected, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
        else if (e.EventName == "CounterRateValuePublished")
        {
            var key = (string)e.PayloadByName("instrumentName");
            var tags = (string)e.PayloadByName("tags");
            if (double.TryParse((string)e.PayloadByName("value"), NumberStyles.Float, CultureInfo.InvariantCulture, out var total))
            {
                _totals[tags.Length == 0 ? key : $"{key}{{{tags}}}"] = total;
            }
        }
    }
}

/// <param name="AllocatedBytes">Since the process began.</param>
/// <param name="Commits">Durable commits as the server counts them, since the metrics were attached; 0 where it counts none.</param>
internal readonly record struct Totals(double AllocatedBytes, double Commits)
{
    public static Totals operator -(Totals later, Totals earlier) => new(later.AllocatedBytes - earlier.AllocatedBytes, later.Commits - earlier.Commits);
}
