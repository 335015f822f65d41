using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>An event that the application has not answered yet. Used again and again, as every event waits for the disk.</summary>
internal sealed class PendingAnswer
{
    private const int KeptMax = 4_096;

    private static readonly ObjectPool<PendingAnswer> s_pool =
        new DefaultObjectPool<PendingAnswer>(new DefaultPooledObjectPolicy<PendingAnswer>(), KeptMax);

    private readonly Action _continue;
    private ClientRequests? _requests;
    private ulong? _ackId;
    private ValueTaskAwaiter<EventAnswer> _awaiter;

    public PendingAnswer() => _continue = Continue;

    internal static void Await(ClientRequests requests, ulong? ackId, ValueTask<EventAnswer> answer)
    {
        var pending = s_pool.Get();
        (pending._requests, pending._ackId, pending._awaiter) = (requests, ackId, answer.GetAwaiter());
        if (pending._awaiter.IsCompleted)
        {
            pending.Continue();
        }
        else
        {
            pending._awaiter.UnsafeOnCompleted(pending._continue);
        }
    }

    private void Continue()
    {
        var (requests, ackId, awaiter) = (_requests!, _ackId, _awaiter);
        (_requests, _awaiter) = (null, default);
        s_pool.Return(this);
        requests.Answer(ackId, awaiter);
    }
}
