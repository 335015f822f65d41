using Microsoft.Extensions.Logging;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Simulator;

/// <summary>
/// A seeded fleet of machines: connects them, has them sell for a while at a steady rate, and judges in the end whether the back
/// end lost or doubled anything. It talks to the back end as machines do, and reads orders through its API.
/// </summary>
public sealed class Fleet
{
    private static readonly TimeSpan DeliveryPatience = TimeSpan.FromSeconds(5);

    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MachineClient>? _machineLogger;
    private readonly FleetRun _run;
    private volatile IReadOnlyList<SimulatedMachine> _machines = [];
    private volatile OpenLoop? _loop;
    private volatile FleetPhase _phase;

    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    public Fleet(FleetOptions options, ILogger<MachineClient>? machineLogger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _time = TimeProvider.System;
        _machineLogger = machineLogger;
        _run = new FleetRun(_time);
    }

    /// <summary>Where the run stands. Cheap enough to be called a few times a second, from any thread.</summary>
    public FleetProgress Progress()
    {
        var latencies = _run.Latencies.Read();
        return new FleetProgress(
            _phase,
            _loop?.Elapsed ?? TimeSpan.Zero,
            _options.Machines,
            Connected(),
            _run.Counters.SentCount,
            _run.Counters.AcceptedCount,
            _run.Counters.RejectedCount,
            _run.Counters.DecisionCount,
            latencies.Receipt,
            latencies.Decision);
    }

    /// <summary>Runs once, to the verdict.</summary>
    /// <param name="cancellationToken">Ends the sending early; the verdict is then about what was sent until then.</param>
    /// <exception cref="FleetException">The fleet cannot connect, or the orders cannot be read.</exception>
    public async Task<FleetReport> RunAsync(CancellationToken cancellationToken = default)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 64 });
        using var customers = _options.Provider is { } provider ? new CustomerApp(provider, http, _run.Clock, _run.Latencies) : null;
        using var journal = FleetJournal.Open(_options);
        await using var network = _options.Faults.Network.IsAny ? new FaultyNetwork(_options.Endpoint, _options.Faults.Network, _options.Seed, _time) : null;
        var from = _run.Clock.WallNow - TimeSpan.FromMinutes(1);
        _machines = [.. Enumerable.Range(1, _options.Machines).Select(number => NewMachine(number, network?.Address ?? _options.Endpoint, journal.Journal))];
        try
        {
            await ConnectAsync(cancellationToken);
            var connected = Connected();
            _phase = FleetPhase.Running;
            var loop = _loop = new OpenLoop(_options, _run, _machines, customers);
            var restarts = new MachineRestarts(_machines, _options.Faults.RestartsPerMinute, _options.Seed, _time);
            var took = await RunAsync(loop, restarts, cancellationToken);
            network?.Heal();
            var sent = _run.Counters.SentCount;
            var verdict = await JudgeAsync(new OrdersApi(_options.Endpoint, _options.ApiKey, http), customers, from);
            _phase = FleetPhase.Done;
            return Report(verdict, connected, took, sent) with { Faults = new FaultCounts(network?.Faults ?? 0, restarts.Count) };
        }
        finally
        {
            await Task.WhenAll(_machines.Select(machine => machine.DisposeAsync().AsTask()));
        }
    }

    private static async Task<TimeSpan> RunAsync(OpenLoop loop, MachineRestarts restarts, CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource();
        var restarting = restarts.RunAsync(ending.Token);
        var took = await loop.RunAsync(cancellationToken);
        await ending.CancelAsync();
        await restarting;
        return took;
    }

    private SimulatedMachine NewMachine(int number, Uri endpoint, MachineJournal journal)
    {
        var machineId = _options.Name(number);
        var error = _options.Faults.LargestClockSkew * ((2 * new Random(HashCode.Combine(_options.Seed, number)).NextDouble()) - 1);
        var options = new MachineClientOptions
        {
            Endpoint = endpoint,
            MachineId = machineId,
            Secret = _options.Secret(machineId),
            Journal = journal,
            AllowUnencrypted = true,
            Subprotocol = _options.Subprotocol,
            ReconnectSpread = _options.ReconnectSpread,
            KeepAliveInterval = _options.Faults.Network.HalfOpensPerMinute > 0 ? TimeSpan.FromSeconds(3) : TimeSpan.FromSeconds(15),
        };
        return new SimulatedMachine(_run, options, error == TimeSpan.Zero ? _time : new SkewedTime(_time, error), _machineLogger);
    }

    private int Connected() => _machines.Count(machine => machine.Client.State == ConnectionState.Connected);

    /// <summary>At a bounded pace, as a fleet that is switched on machine by machine.</summary>
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout + TimeSpan.FromSeconds(_options.Machines / (double)_options.ConnectsPerSecond), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var connecting = new List<Task>();
        var began = _run.Clock.Now;
        try
        {
            foreach (var machine in _machines)
            {
                var ahead = TimeSpan.FromSeconds(connecting.Count / (double)_options.ConnectsPerSecond) - (_run.Clock.Now - began);
                if (ahead > TimeSpan.FromMilliseconds(1))
                {
                    await Task.Delay(ahead, _time, either.Token);
                }

                connecting.Add(machine.Client.ConnectAsync(either.Token));
            }

            await Task.WhenAll(connecting);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Whoever is missing goes on trying; the report shows how many were there in time.
        }
        catch (MachineRefusedException e)
        {
            throw new FleetException(e.Message, e);
        }

        if (Connected() == 0 && !cancellationToken.IsCancellationRequested)
        {
            throw new FleetException($"None of {_options.Machines} machines could connect to {_options.Endpoint} within {_options.ConnectTimeout.TotalSeconds:0} s.");
        }
    }

    private async Task<Verdict> JudgeAsync(OrdersApi api, CustomerApp? customers, DateTimeOffset from)
    {
        _phase = FleetPhase.Settling;
        await UntilAsync(() => Task.FromResult(_run.Counters.SentCount == _run.Counters.AcceptedCount + _run.Counters.RejectedCount));
        await UntilAsync(() => Task.FromResult(Connected() == _machines.Count));
        var untold = customers is null ? [] : await UntoldAsync(customers);
        var dueBefore = _run.Clock.WallNow;
        await Task.Delay(_options.AllowedLateness + _options.Grace, _time);

        _phase = FleetPhase.Judging;
        var readAt = _run.Clock.WallNow;
        var orders = await api.ReadOrdersAsync(_machines.Select(machine => machine.MachineId), from, _run.Clock.WallNow + TimeSpan.FromMinutes(1), CancellationToken.None);
        var deadLetters = await api.ReadDeadLettersAsync(from, CancellationToken.None);

        // What was decided a moment before the orders were read is still on its way to the machine.
        var began = _run.Clock.Now;
        while (true)
        {
            var ledgers = _machines.SelectMany(machine => machine.Ledgers()).Select(ledger => ledger.Read());
            var verdict = Verdict.Of(ledgers, orders, deadLetters, untold, dueBefore, readAt);
            if (verdict.Lost == 0 || _run.Clock.Now - began > DeliveryPatience)
            {
                return verdict;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), _time);
        }
    }

    /// <summary>Waits for the provider to have told everything, and answers the payments it could not tell.</summary>
    private async Task<IReadOnlyList<string>> UntoldAsync(CustomerApp customers)
    {
        IReadOnlyList<string> untold = [];
        try
        {
            await UntilAsync(async () =>
            {
                var status = await customers.StatusAsync(CancellationToken.None);
                untold = status.PendingPaymentIds;
                return status.Pending == 0;
            });
            return untold;
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException)
        {
            throw new FleetException($"No verdict: the payment provider at {_options.Provider} cannot be asked: {e.Message}", e);
        }
    }

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        var began = _run.Clock.Now;
        while (!await holds() && _run.Clock.Now - began < _options.SettleTimeout)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
        }
    }

    private FleetReport Report(Verdict verdict, int connected, TimeSpan took, long sent)
    {
        // Some were on their way to the disk when the time for sending was over, and count as well.
        var counts = new EventCounts(_run.Counters.SentCount, _run.Counters.AcceptedCount, _run.Counters.RejectedCount, verdict.SetAside);
        var unreceipted = counts.Sent - counts.Receipted - counts.Rejected;
        return new FleetReport(
            _options.Machines,
            connected,
            Math.Round(took.TotalSeconds, 3),
            counts,
            new OrderCounts(verdict.Created, verdict.Ended, verdict.Open),
            new DecisionCounts(verdict.Received, verdict.Lost, verdict.Doubled),
            _run.Latencies.Read(),
            took > TimeSpan.Zero ? Math.Round(sent / took.TotalSeconds, 1) : 0)
        {
            Findings = unreceipted > 0 ? [$"Without a receipt: {unreceipted} events.", .. verdict.Findings] : verdict.Findings,
            WarmUp = _options.EffectiveWarmUp,
        };
    }
}
