using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// For asynchronous methods that wait for the disk with every event: thousands of them wait at once, are started on one thread and go
/// on on another. The state of each is used again and again, where <see cref="PoolingAsyncValueTaskMethodBuilder{TResult}"/> keeps one
/// for a thread and a processor and makes the rest anew. The task may be awaited once, as with every <see cref="ValueTask{TResult}"/>.
/// </summary>
/// <remarks>Put it on a method with <see cref="AsyncMethodBuilderAttribute"/>. The execution context flows as with any other builder.</remarks>
public struct PooledValueTaskMethodBuilder<TResult>
{
    private Box? _box;
    private TResult? _result;

    public readonly ValueTask<TResult> Task => _box is { } box ? new ValueTask<TResult>(box, box.Version) : new ValueTask<TResult>(_result!);

#pragma warning disable CA1000 // The compiler looks for it here.
    public static PooledValueTaskMethodBuilder<TResult> Create() => default;
#pragma warning restore CA1000

    // Keeps what the method does to the execution context before its first wait from its caller.
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine) where TStateMachine : IAsyncStateMachine =>
        AsyncValueTaskMethodBuilder.Create().Start(ref stateMachine);

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine) => Debug.Fail("Only boxes that others made need it.");

    public void SetResult(TResult result)
    {
        if (_box is { } box)
        {
            box.SetResult(result);
        }
        else
        {
            _result = result;
        }
    }

    public void SetException(Exception exception) => (_box ??= new Failed()).SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(BoxOf(ref stateMachine).GoOn);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(BoxOf(ref stateMachine).GoOn);

    private Box<TStateMachine> BoxOf<TStateMachine>(ref TStateMachine stateMachine) where TStateMachine : IAsyncStateMachine
    {
        if (_box is Box<TStateMachine> known)
        {
            known.Context = ExecutionContext.Capture();
            return known;
        }

        // This builder is a part of the state machine, so the copy in the box has to know its box already.
        var box = Box<TStateMachine>.Rent();
        _box = box;
        box.StateMachine = stateMachine;
        box.Context = ExecutionContext.Capture();
        return box;
    }

    /// <summary>The task of one call.</summary>
    private abstract class Box : IValueTaskSource<TResult>
    {
        private ManualResetValueTaskSourceCore<TResult> _done;

        internal short Version => _done.Version;

        public TResult GetResult(short token)
        {
            // Whoever asks with an old token must not take the box away from its new call.
            if (token != _done.Version)
            {
                return _done.GetResult(token);
            }

            try
            {
                return _done.GetResult(token);
            }
            finally
            {
                _done.Reset();
                Return();
            }
        }

        public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _done.OnCompleted(continuation, state, token, flags);

        internal void SetResult(TResult result) => _done.SetResult(result);

        internal void SetException(Exception exception) => _done.SetException(exception);

        protected abstract void Return();
    }

    /// <summary>Failed before its first wait.</summary>
    private sealed class Failed : Box
    {
        protected override void Return()
        {
        }
    }

    private sealed class Box<TStateMachine> : Box where TStateMachine : IAsyncStateMachine
    {
        private static readonly ContextCallback s_moveNext = static box => ((Box<TStateMachine>)box!).StateMachine!.MoveNext();
        private static readonly BoundedPool<Box<TStateMachine>> s_pool = new(static () => new Box<TStateMachine>());

        private Box() => GoOn = MoveNext;

        internal TStateMachine? StateMachine;

        /// <summary>Null: the flow is suppressed.</summary>
        internal ExecutionContext? Context { get; set; }

        internal Action GoOn { get; }

        internal static Box<TStateMachine> Rent() => s_pool.Rent();

        protected override void Return()
        {
            StateMachine = default;
            Context = null;
            s_pool.Return(this);
        }

        private void MoveNext()
        {
            if (Context is { } context)
            {
                ExecutionContext.Run(context, s_moveNext, this);
            }
            else
            {
                StateMachine!.MoveNext();
            }
        }
    }
}
