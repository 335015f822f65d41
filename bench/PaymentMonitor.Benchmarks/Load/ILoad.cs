namespace PaymentMonitor.Benchmarks.Load;

/// <summary>Decides when which machine reports its next event.</summary>
internal interface ILoad
{
    /// <summary>Reports what is due.</summary>
    /// <returns>When the load wants its next turn at the latest, or null at its end.</returns>
    long? Turn(Fleet fleet, long now);

    /// <summary>Where what happens at a machine is counted.</summary>
    Measurement MeasurementOf(Terminal terminal);

    /// <summary>An answer has arrived at a machine.</summary>
    /// <param name="final">It was the last one to its event.</param>
    void Answered(Fleet fleet, Terminal terminal, bool final);
}
