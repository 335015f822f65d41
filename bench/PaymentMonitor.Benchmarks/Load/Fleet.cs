using System.Diagnostics;
using System.Globalization;
using System.Net;
using PaymentMonitor.Benchmarks.Sockets;
using PaymentMonitor.Benchmarks.Targets;

namespace PaymentMonitor.Benchmarks.Load;

/// <summary>
/// Machines on their sockets, and the one thread that serves them all: it sends what a load wants sent, waits for answers or for
/// the next intended time, whichever is first, and measures. No locks, no queues between threads, no timers of its own.
/// </summary>
internal sealed class Fleet : IMessageReader, IAnswers, IDisposable
{
    /// <summary>A machine confirms the decisions of this many orders at once.</summary>
    private const int OrdersPerConfirmation = 4;

    private readonly ITarget _target;
    private readonly Terminal[] _terminals;
    private readonly Epoll _epoll = new();
    private readonly List<ClientSocket> _toFlush = [];
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly byte[] _message = new byte[4096];
    private readonly string _run;
    private ILoad _load = IdleLoad.Instance;
    private Terminal _answering;
    private DateTime _time;

    private Fleet(ITarget target, Terminal[] terminals)
    {
        _target = target;
        _terminals = terminals;
        _answering = terminals[0];
        _run = "01B" + (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() % 10_000_000).ToString("D7", CultureInfo.InvariantCulture);
        foreach (var terminal in terminals)
        {
            _epoll.Watch(terminal.Socket.Handle, terminal.Index);
            if (target.Greeting.Length > 0)
            {
                terminal.Socket.Queue(ClientFrame.Text, target.Greeting);
                MustFlush(terminal.Socket);
            }
        }

        Flush();
    }

    internal IReadOnlyList<Terminal> Terminals => _terminals;

    /// <summary>An open machine waits for an answer, or holds an event back.</summary>
    internal bool Waiting => _terminals.Any(t => t.Socket.Open && t.Waiting);

    internal int Connected => _terminals.Count(t => t.Socket.Open);

    internal static async Task<Fleet> ConnectAsync(ITarget target, IPEndPoint server, int machines, int firstMachine, CancellationToken cancellationToken)
    {
        var terminals = new Terminal[machines];
        var few = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, machines, few, async (index, token) =>
        {
            var (path, subprotocol, bearer) = await target.NegotiateAsync(firstMachine + index, token);
            terminals[index] = new Terminal(ClientSocket.Connect(server, path, subprotocol, bearer, index), index, firstMachine + index);
        });
        return new Fleet(target, terminals);
    }

    /// <summary>Runs a load to its end on the calling thread.</summary>
    internal void Run(ILoad load, CancellationToken cancellationToken)
    {
        _load = load;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = Stopwatch.GetTimestamp();
            _time = TimeProvider.System.GetUtcNow().UtcDateTime;
            var next = load.Turn(this, now);
            Flush();
            if (next is null)
            {
                break;
            }

            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next.Value);
            Serve(_epoll.Wait(wait > TimeSpan.Zero ? wait : TimeSpan.Zero));
        }

        foreach (var terminal in _terminals)
        {
            if (!terminal.Socket.Open)
            {
                load.MeasurementOf(terminal).Closed++;
            }

            foreach (var intended in terminal.Abandon())
            {
                load.MeasurementOf(terminal).WasNeverAnswered(intended, Stopwatch.GetTimestamp());
            }
        }
    }

    /// <summary>Reports the machine's next event, or holds it until the machine may: its latency counts from <paramref name="intended"/> all the same.</summary>
    internal void Report(Terminal terminal, long intended)
    {
        if (terminal.HasHeld || terminal.Blocked)
        {
            terminal.Hold(intended);
        }
        else
        {
            Send(terminal, intended, offline: false);
        }
    }

    /// <summary>Reports the machine's next event as one that was recorded without a connection: the goods are out already, nothing is waited for.</summary>
    internal void ReportLate(Terminal terminal, long intended) => Send(terminal, intended, offline: true);

    public void Read(ClientSocket socket, ReadOnlySpan<byte> message)
    {
        _answering = _terminals[socket.Index];
        _target.Read(message, this);
    }

    public void Receipt(int order, Step step)
    {
        if (_answering.Receipted(order, step) is { } intended)
        {
            _load.MeasurementOf(_answering).WasReceipted(intended, Stopwatch.GetTimestamp());
            Answered(step, decided: false);
        }
    }

    public void Decision(int order, Step step)
    {
        if (_answering.Decided(order, step) is not { } intended)
        {
            _load.MeasurementOf(_answering).Repeated++;
            return;
        }

        _load.MeasurementOf(_answering).WasDecided(intended, Stopwatch.GetTimestamp());
        if (step == Step.Shipped)
        {
            _answering.Unconfirmed++;
            // Machines are out of step with each other, so that confirmations come evenly.
            if ((order + _answering.Index) % OrdersPerConfirmation == 0)
            {
                Confirm(_answering, order);
            }
        }

        Answered(step, decided: true);
    }

    public void Refusal(ReadOnlySpan<byte> message) => _load.MeasurementOf(_answering).WasRefused(message);

    public void Dispose()
    {
        foreach (var terminal in _terminals)
        {
            terminal.Socket.Dispose();
        }

        _epoll.Dispose();
    }

    private void Answered(Step step, bool decided)
    {
        while (_answering.HasHeld && !_answering.Blocked)
        {
            Send(_answering, _answering.TakeHeld(), offline: false);
        }

        _load.Answered(this, _answering, final: decided || step < Step.Succeeded);
    }

    private void Send(Terminal terminal, long intended, bool offline)
    {
        if (!terminal.Socket.Open)
        {
            return;
        }

        var length = _target.WriteEvent(_message, new MachineEvent(_run, terminal.Machine, terminal.Order, terminal.Step, _time, offline));
        terminal.Socket.Queue(ClientFrame.Text, _message.AsSpan(0, length));
        MustFlush(terminal.Socket);
        terminal.Sent(intended);
        _load.MeasurementOf(terminal).WasSent(intended, Stopwatch.GetTimestamp());
    }

    private void Confirm(Terminal terminal, int lastOrder)
    {
        var length = _target.WriteConfirmation(_message, lastOrder, terminal.Unconfirmed);
        terminal.Unconfirmed = 0;
        if (length > 0)
        {
            terminal.Socket.Queue(ClientFrame.Text, _message.AsSpan(0, length));
            MustFlush(terminal.Socket);
            _load.MeasurementOf(terminal).Confirmations++;
        }
    }

    private void Serve(int ready)
    {
        for (var i = 0; i < ready; i++)
        {
            var (key, events) = _epoll.Ready(i);
            var socket = _terminals[key].Socket;
            if (!socket.Open)
            {
                continue;
            }

            if ((events & Epoll.Writable) != 0 && socket.Flush())
            {
                _epoll.Rewatch(socket.Handle, key, writable: false);
            }

            if ((events & ~Epoll.Writable) != 0)
            {
                socket.Receive(_received, this);
                if (socket.HasOutput)
                {
                    MustFlush(socket);
                }
            }
        }
    }

    private void MustFlush(ClientSocket socket)
    {
        if (!socket.Queued)
        {
            socket.Queued = true;
            _toFlush.Add(socket);
        }
    }

    private void Flush()
    {
        foreach (var socket in _toFlush)
        {
            socket.Queued = false;
            if (socket.Open && !socket.Flush())
            {
                _epoll.Rewatch(socket.Handle, socket.Index, writable: true);
            }
        }

        _toFlush.Clear();
    }
}
