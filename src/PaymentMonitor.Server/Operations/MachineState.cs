namespace PaymentMonitor.Server;

/// <summary>How a machine is doing, as one sees it from here. The numbers are those of the live feed.</summary>
internal enum MachineState
{
    /// <summary>It has a connection, and reported or synced within <see cref="FleetStandings.SilentAfter"/>.</summary>
    Connected = 0,

    /// <summary>It has no connection, or nothing comes over it.</summary>
    Silent = 1,

    /// <summary>It is connected, and an order of it waits for a person or an event of it was rejected within <see cref="FleetStandings.TroubleFor"/>.</summary>
    Trouble = 2,
}

/// <param name="HeardAtMs">When it last connected, reported or synced, in Unix milliseconds; 0: not since the server started.</param>
internal readonly record struct MachineStanding(MachineState State, long HeardAtMs);
