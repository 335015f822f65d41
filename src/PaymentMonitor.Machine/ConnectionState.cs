namespace PaymentMonitor.Machine;

public enum ConnectionState
{
    /// <summary>Not connected yet.</summary>
    Connecting,

    Connected,

    /// <summary>The connection was lost and is being made again; reports are kept meanwhile.</summary>
    Reconnecting,

    /// <summary>The back end does not accept the machine: a wrong secret, or it was revoked. It is asked again, seldom.</summary>
    Refused,

    /// <summary>Disposed.</summary>
    Closed,
}

/// <summary>The back end does not accept the machine's id and secret.</summary>
public sealed class MachineRefusedException : Exception
{
    public MachineRefusedException(string message)
        : base(message)
    {
    }
}
