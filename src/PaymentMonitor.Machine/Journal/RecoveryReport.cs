namespace PaymentMonitor.Machine;

/// <summary>What a journal held when it was opened.</summary>
/// <param name="Events">Events without a receipt; they are sent again under their ids.</param>
/// <param name="Decisions">Decisions that something is left to do for.</param>
/// <param name="DamagedBytes">Bytes that could not be read, for example because the power went while they were written. All that was whole was taken over.</param>
/// <param name="SetAside">The files that hold the damaged bytes, for people to look at.</param>
/// <param name="DamagedAt">
/// When damage was found last, by this machine's clock, or null. Which decisions were handed over before that is no longer certain,
/// so those decided earlier are marked <see cref="MachineDecision.Uncertain"/>.
/// </param>
public sealed record RecoveryReport(int Events, int Decisions, long DamagedBytes, IReadOnlyList<string> SetAside, DateTimeOffset? DamagedAt);
