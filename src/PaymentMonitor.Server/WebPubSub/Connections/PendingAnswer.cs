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
    private ClientConnection? _connection;
    private ulong? _ackId;
    private ValueTaskAwaiter<EventAnswer> _awaiter;

    public PendingAnswer() => _continue = Continue;

    internal static void Await(ClientConnection connection, ulong? ackId, ValueTask<EventAnswer> answer)
    {
        var pending = s_pool.Get();
        (pending._connection, pending._ackId, pending._awaiter) = (connection, ackId, answer.GetAwaiter());
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
        var (connection, ackId, awaiter) = (_connection!, _ackId, _awaiter);
        (_connection, _awaiter) = (null, default);
        s_pool.Return(this);
        connection.Answer(ackId, awaiter);
    }
}
