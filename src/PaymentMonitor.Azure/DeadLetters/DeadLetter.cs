using PaymentMonitor.Contracts;

namespace PaymentMonitor.Azure;

/// <summary>Something that the application could not use, with all that is needed to look at it and to put it back.</summary>
/// <param name="Position">Where it stood, for example in the log: the same letter has the same position.</param>
/// <param name="Reason">A stable name, which is also the folder.</param>
/// <param name="Message">One sentence for the person who looks.</param>
/// <param name="Body">The bytes as they came.</param>
public sealed record DeadLetter(
    string Position,
    string Reason,
    string Message,
    ReadOnlyMemory<byte> Body,
    MachineId? MachineId = null,
    OrderId? OrderId = null,
    EventSource? Source = null,
    DateTimeOffset? ReceivedAt = null);
