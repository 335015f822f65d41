using System.Runtime.CompilerServices;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// An event at the application: its data, and whom to tell what the application says. Used again and again with its buffer, as every
/// event waits for the disk and thousands do at once.
/// </summary>
internal sealed class PendingEvent
{
    private const int SmallestBuffer = 512;

    /// <summary>A buffer that one large event has blown up is not kept.</summary>
    private const int KeptBytesMax = 4 * 1024;

    private static readonly BoundedPool<PendingEvent> s_pool = new(static () => new PendingEvent());

    private readonly Action _continue;
    private byte[] _buffer = [];
    private int _length;
    private ClientRequests? _requests;
    private ulong? _ackId;
    private ValueTaskAwaiter<EventAnswer> _awaiter;

    private PendingEvent() => _continue = Continue;

    /// <summary>A copy of what the client sent, until <see cref="Return"/>.</summary>
    internal ReadOnlyMemory<byte> Data => _buffer.AsMemory(0, _length);

    internal static PendingEvent Rent(ReadOnlySpan<byte> data)
    {
        var pending = s_pool.Rent();
        if (pending._buffer.Length < data.Length)
        {
            pending._buffer = new byte[Math.Max(data.Length, SmallestBuffer)];
        }

        data.CopyTo(pending._buffer);
        pending._length = data.Length;
        return pending;
    }

    internal void Await(ClientRequests requests, ulong? ackId, ValueTask<EventAnswer> answer)
    {
        (_requests, _ackId, _awaiter) = (requests, ackId, answer.GetAwaiter());
        if (_awaiter.IsCompleted)
        {
            Continue();
        }
        else
        {
            _awaiter.UnsafeOnCompleted(_continue);
        }
    }

    internal void Return()
    {
        if (_buffer.Length > KeptBytesMax)
        {
            _buffer = [];
        }

        s_pool.Return(this);
    }

    private void Continue()
    {
        var (requests, ackId, awaiter) = (_requests!, _ackId, _awaiter);
        (_requests, _awaiter) = (null, default);
        requests.Answer(ackId, awaiter);

        // Not before: the answer may be made of the data.
        Return();
    }
}
