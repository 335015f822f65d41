using System.Collections.Concurrent;
using System.Diagnostics;
using PaymentMonitor.Benchmarks.Servers;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>All connections of a fleet of SDK clients are cut at once: how long until they are back, and how many negotiate meanwhile.</summary>
internal static class Comeback
{
    private const int ConnectsPerSecond = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static async Task<ComebackResult> RunAsync(int machines, CancellationToken cancellationToken)
    {
        await using var data = new TemporaryFolder();
        await using var server = await Launch.StartOursAsync(data, cancellationToken);
        await using var network = new FaultyNetwork(new Uri($"http://{server.Process.EndPoint}"), new NetworkFaults(), seed: 1, TimeProvider.System);
        using var journal = MachineJournal.InMemory(256 * 1024 * 1024);
        using var negotiations = new Negotiations();
        using var http = new HttpMessageInvoker(negotiations);
        var fleet = Enumerable.Range(1, machines).Select(number => new MachineClient(new MachineClientOptions
        {
            Endpoint = network.Address,
            MachineId = MachineId.Parse($"m{number:D4}"),
            Secret = DemoMachines.Secret,
            Journal = journal,
            Http = http,
        })).ToList();
        try
        {
            await ConnectAsync(fleet, cancellationToken);
            var watching = fleet.Select(machine => ReturnAsync(machine, cancellationToken)).ToList();
            negotiations.Restart();
            var clock = Stopwatch.StartNew();
            var cut = network.CutAll();
            var returns = await Task.WhenAll(watching.Select(async returned => (await returned, clock.Elapsed))).WaitAsync(Patience, cancellationToken);
            var times = returns.Select(returned => returned.Elapsed).Order().ToList();
            return new ComebackResult(cut, times[(times.Count * 99 / 100) - 1], times[^1], negotiations.Count, negotiations.Peak);
        }
        finally
        {
            await Task.WhenAll(fleet.Select(machine => machine.DisposeAsync().AsTask()));
        }
    }

    private static async Task ConnectAsync(List<MachineClient> fleet, CancellationToken cancellationToken)
    {
        var connecting = new List<Task>();
        foreach (var batch in fleet.Chunk(ConnectsPerSecond / 10))
        {
            connecting.AddRange(batch.Select(machine => machine.ConnectAsync(cancellationToken)));
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }

        await Task.WhenAll(connecting);
    }

    /// <summary>Waits for the loss of the connection, and then for the next.</summary>
    private static async Task<bool> ReturnAsync(MachineClient machine, CancellationToken cancellationToken)
    {
        var lost = false;
        await foreach (var state in machine.ReadStatesAsync(cancellationToken))
        {
            lost |= state == ConnectionState.Reconnecting;
            if (lost && state == ConnectionState.Connected)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The client's HTTP, with every negotiation counted by the second.</summary>
    private sealed class Negotiations() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        private readonly ConcurrentDictionary<long, int> _perSecond = new();
        private long _start = Stopwatch.GetTimestamp();

        internal int Count => _perSecond.Values.Sum();

        internal int Peak => _perSecond.Values.DefaultIfEmpty().Max();

        internal void Restart()
        {
            _start = Stopwatch.GetTimestamp();
            _perSecond.Clear();
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Post)
            {
                _perSecond.AddOrUpdate((long)Stopwatch.GetElapsedTime(_start).TotalSeconds, 1, (_, count) => count + 1);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <param name="P99">When 99 of 100 were back.</param>
/// <param name="PeakNegotiations">In the busiest second.</param>
internal sealed record ComebackResult(int Cut, TimeSpan P99, TimeSpan Last, int Negotiations, int PeakNegotiations);
