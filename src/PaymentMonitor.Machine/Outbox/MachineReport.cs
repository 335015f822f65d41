using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>An event that was taken over for sending.</summary>
public sealed class MachineReport
{
    private readonly TaskCompletionSource<Receipt> _receipt = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal MachineReport(ReportedEvent reported, long number)
    {
        Event = reported;
        Number = number;
    }

    /// <summary>The event under the id that every repetition of it carries.</summary>
    public ReportedEvent Event { get; }

    /// <summary>
    /// Ends with the back end's last word: accepted or rejected. It waits as long as that takes, over any number of connections;
    /// it is cancelled when the client is disposed before.
    /// </summary>
    public Task<Receipt> Receipt => _receipt.Task;

    /// <summary>The place in the order of reporting, which sending keeps.</summary>
    internal long Number { get; }

    /// <summary>Reported without a connection: then its age is the outage's, not a clock's fault.</summary>
    internal bool Offline { get; set; }

    internal bool InFlight { get; set; }

    /// <summary>When it was last sent, on the client's uptime.</summary>
    internal TimeSpan SentAt { get; set; }

    internal void End(Receipt receipt) => _receipt.TrySetResult(receipt);

    internal void Cancel() => _receipt.TrySetCanceled();
}

/// <summary>Too many events wait for their receipts. Nothing of the report was kept: report it again when the outbox has room.</summary>
public sealed class OutboxFullException : Exception
{
    public OutboxFullException(string message)
        : base(message)
    {
    }
}
