using System.Net;
using System.Net.Sockets;

namespace PaymentMonitor.Simulator;

/// <summary>
/// A bad network between the fleet and the back end: it carries bytes, until it cuts a connection, falls silent on one without closing
/// it, or lets some bytes wait. Machines connect to <see cref="Address"/> instead of the back end. Every fault is drawn from the seed.
/// </summary>
internal sealed class FaultyNetwork : IAsyncDisposable
{
    private readonly Uri _target;
    private readonly NetworkFaults _faults;
    private readonly TimeProvider _time;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<FaultyLink> _links = [];
    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly Task _accepting;
    private volatile bool _isHealed;

    internal FaultyNetwork(Uri target, NetworkFaults faults, int seed, TimeProvider time)
    {
        _target = target;
        _faults = faults;
        _time = time;
        _random = new Random(seed);
        _listener.Start(backlog: 4_096);
        _accepting = AcceptAsync();
    }

    internal Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Connections cut or silenced so far, by chance.</summary>
    internal int Faults { get; private set; }

    /// <summary>Cuts every connection now, without a farewell.</summary>
    internal int CutAll() => ForEach(link => link.Cut());

    /// <summary>Carries nothing any more on the connections there are, and leaves them open.</summary>
    internal int SilenceAll() => ForEach(link => link.Silence());

    /// <summary>Makes it a good network from now on. What is silent is cut, so that nobody waits for it.</summary>
    internal void Heal()
    {
        _isHealed = true;
        ForEach(link => link.Heal());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        CutAll();
        await _accepting;
        _stopping.Dispose();
    }

    private int ForEach(Action<FaultyLink> act)
    {
        FaultyLink[] links;
        lock (_lock)
        {
            links = [.. _links];
        }

        foreach (var link in links)
        {
            act(link);
        }

        return links.Length;
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = CarryAsync(await _listener.AcceptSocketAsync(_stopping.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // A connection that was gone before it was taken, or the end.
            }
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port, _stopping.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The back end is down: so is what is connected through here.
            near.Close(0);
            return;
        }

        FaultyLink link;
        lock (_lock)
        {
            link = new FaultyLink(near, far, _isHealed ? new NetworkFaults() : _faults, _random.Next(), _time);
            _links.Add(link);
        }

        var fate = Fate();
        using var faulting = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var fault = FaultAsync(link, fate, faulting.Token);
        await link.CarryAsync();
        await faulting.CancelAsync();
        await fault;
        lock (_lock)
        {
            _links.Remove(link);
        }
    }

    private async Task FaultAsync(FaultyLink link, (TimeSpan After, bool IsCut)? fate, CancellationToken cancellationToken)
    {
        if (fate is not { } drawn)
        {
            return;
        }

        await Task.Delay(drawn.After, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellationToken.IsCancellationRequested || _isHealed)
        {
            return;
        }

        lock (_lock)
        {
            Faults++;
        }

        if (drawn.IsCut)
        {
            link.Cut();
        }
        else
        {
            link.Silence();
        }
    }

    /// <summary>Faults come at a constant rate, so the time to the first is exponential; whichever kind comes first ends the connection.</summary>
    private (TimeSpan After, bool IsCut)? Fate()
    {
        lock (_lock)
        {
            var cut = Exponential(_faults.DropsPerMinute);
            var silence = Exponential(_faults.HalfOpensPerMinute);
            var first = Math.Min(cut, silence);
            return first > TimeSpan.FromDays(1).TotalMinutes ? null : (TimeSpan.FromMinutes(first), cut <= silence);
        }
    }

    private double Exponential(double perMinute) => perMinute <= 0 ? double.PositiveInfinity : -Math.Log(1 - _random.NextDouble()) / perMinute;
}
