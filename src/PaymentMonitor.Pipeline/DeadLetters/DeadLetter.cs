using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Something that was taken in and could not count, with all that is needed to look at it and to put it back.</summary>
/// <param name="Position">Where it stood: its place in the log, or the id of a callback that never got there. The same letter has the same position.</param>
/// <param name="Reason">A stable name: see <see cref="DeadLetterReasons"/>.</param>
/// <param name="Body">The bytes as they came.</param>
/// <param name="Message">One sentence for the person who looks, where there is more to say than the reason does.</param>
/// <param name="Replays">How often the event was put back before, and came here again.</param>
public sealed record DeadLetter(
    string Position,
    string Reason,
    ReadOnlyMemory<byte> Body,
    string? Message = null,
    MachineId? MachineId = null,
    OrderId? OrderId = null,
    EventSource? Source = null,
    DateTimeOffset? ReceivedAt = null,
    int Replays = 0);

/// <summary>A dead letter as it is kept.</summary>
/// <param name="Id">Names it among all; opaque.</param>
/// <param name="Replayed">When it was put back last, or null while nobody did.</param>
public sealed record KeptDeadLetter(string Id, DateTimeOffset SetAsideAt, DeadLetter Letter, Replayed? Replayed = null);

/// <param name="By">The name of the key, or of the person, that asked for it.</param>
public sealed record Replayed(DateTimeOffset At, string By);
