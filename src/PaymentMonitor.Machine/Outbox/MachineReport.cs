using System.Diagnostics;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>An event that was taken over for sending.</summary>
public sealed class MachineReport : IKept
{
    private readonly TaskCompletionSource<Receipt> _receipt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Activity? _activity;

    internal MachineReport(ReportedEvent reported, long number)
    {
        Event = reported;
        Number = number;
    }

    /// <summary>The event under the id that every repetition of it carries.</summary>
    public ReportedEvent Event { get; }

    /// <summary>
    /// Ends with the back end's last word: accepted or rejected. It waits as long as that takes, over any number of connections;
    /// it is cancelled when the client is disposed before, and then the next client over the same journal goes on sending.
    /// </summary>
    public Task<Receipt> Receipt => _receipt.Task;

    /// <summary>The place in the order of reporting, which sending keeps.</summary>
    internal long Number { get; }

    /// <summary>Ends when the event is on the disk; only then it may be sent.</summary>
    internal Task Kept { get; set; } = Task.CompletedTask;

    /// <summary>Reported without a connection: then its age is the outage's, not a clock's fault.</summary>
    internal bool Offline { get; set; }

    internal bool InFlight { get; set; }

    /// <summary>When it was last sent, on the client's uptime.</summary>
    internal TimeSpan SentAt { get; set; }

    /// <summary>What it takes of the journal.</summary>
    internal int Bytes { get; set; }

    internal long Segment { get; set; }

    long IKept.Segment
    {
        get => Segment;
        set => Segment = value;
    }

    /// <summary>Follows the event from here to its receipt, where somebody listens.</summary>
    internal void Trace(MachineId machineId)
    {
        if (MachineMetrics.Activities.HasListeners() && _activity is null)
        {
            var around = Activity.Current;
            _activity = MachineMetrics.Activities.StartActivity("report", ActivityKind.Producer);
            _activity?.SetTag("paymentmonitor.machine", machineId.Value).SetTag("paymentmonitor.order", Event.OrderId.Value).SetTag("paymentmonitor.event", Event.Body.Type);

            // It ends on the receiving loop, and must not become the parent of whatever the caller does meanwhile.
            Activity.Current = around;
        }
    }

    internal void End(Receipt receipt)
    {
        _activity?.SetTag("paymentmonitor.receipt", receipt.Status.ToString());
        _activity?.Dispose();
        _receipt.TrySetResult(receipt);
    }

    internal void Cancel()
    {
        _activity?.Dispose();
        _receipt.TrySetCanceled();
    }
}
