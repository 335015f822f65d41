using System.ComponentModel;
using System.Runtime.InteropServices;

namespace PaymentMonitor.Benchmarks.Sockets;

/// <summary>
/// Linux's readiness notification, called directly: one thread waits for thousands of sockets and for the next intended send
/// time at once, to the microsecond. .NET's own socket engine would wake a second thread per answer, and its timers tick in
/// milliseconds; both would be measured as the server's latency.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    internal const uint Readable = 0x001;
    internal const uint Writable = 0x004;

    private const int Add = 1;
    private const int Modify = 3;
    private const int CloseOnExec = 0x80000;
    private const int TimerSlack = 29;
    private const int Interrupted = 4;

    // The kernel packs the structure on x64 and nowhere else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _epoll;
    private readonly byte[] _events = new byte[1024 * 16];
    private int _ready;

    /// <exception cref="PlatformNotSupportedException">Not on Linux.</exception>
    internal Epoll()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The load generator waits with epoll, so it runs on Linux only.");
        }

        _epoll = Checked(EpollCreate(CloseOnExec));
        // A wait may end this many nanoseconds late; the default of 50,000 would show in the echo's latency.
        _ = Checked(Prctl(TimerSlack, 1, 0, 0, 0));
    }

    public void Dispose() => _ = Close(_epoll);

    internal void Watch(nint socket, int key) => Control(Add, socket, key, Readable);

    internal void Rewatch(nint socket, int key, bool writable) => Control(Modify, socket, key, writable ? Readable | Writable : Readable);

    /// <returns>How many sockets are ready; read them with <see cref="Ready"/>.</returns>
    internal int Wait(TimeSpan timeout)
    {
        var span = new Timespec { Seconds = (long)timeout.TotalSeconds, Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * 100 };
        fixed (byte* events = _events)
        {
            _ready = EpollWait(_epoll, events, _events.Length / EventBytes, &span, null);
        }

        if (_ready < 0)
        {
            _ready = Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw new Win32Exception();
        }

        return _ready;
    }

    internal (int Key, uint Events) Ready(int index)
    {
        var entry = _events.AsSpan(index * EventBytes, EventBytes);
        return (MemoryMarshal.Read<int>(entry[(EventBytes - 8)..]), MemoryMarshal.Read<uint>(entry));
    }

    private void Control(int operation, nint socket, int key, uint events)
    {
        var entry = stackalloc byte[16];
        var span = new Span<byte>(entry, 16);
        span.Clear();
        MemoryMarshal.Write(span, events);
        MemoryMarshal.Write(span[(EventBytes - 8)..], (long)key);
        _ = Checked(EpollControl(_epoll, operation, (int)socket, entry));
    }

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception();

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int socket, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static partial int EpollWait(int epoll, byte* events, int count, Timespec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
