namespace PaymentMonitor.Machine;

internal static class DiskError
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    /// <summary>No room on the disk, or no more for this user. The runtime passes the system's number on.</summary>
    internal static bool IsFull(Exception e)
    {
        return e is IOException && (e.HResult & 0xFFFF) is var code && (OperatingSystem.IsWindows() ? code is 0x70 or 0x27 : code is NoSpace or QuotaExceeded or 0x70);
    }
}
