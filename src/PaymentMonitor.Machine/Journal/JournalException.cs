namespace PaymentMonitor.Machine;

/// <summary>A journal cannot be opened. The message says what to do.</summary>
public sealed class JournalException : Exception
{
    internal JournalException(string name, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Name = name;
    }

    /// <summary>For programs: <c>journal-in-use</c>, <c>journal-unreachable</c>, <c>journal-newer</c> or <c>machine-in-use</c>.</summary>
    public string Name { get; }
}

/// <summary>An event was not taken over, and will not be sent. The message says why and what to do.</summary>
public sealed class ReportRefusedException : Exception
{
    internal ReportRefusedException(string name, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Name = name;
    }

    /// <summary>
    /// For programs: <c>outbox-full</c> (too many events wait for receipts), <c>journal-full</c> (they take too much of the journal),
    /// <c>disk-full</c> and <c>disk-failed</c> (the disk takes nothing), <c>event-too-large</c>.
    /// </summary>
    public string Name { get; }
}
