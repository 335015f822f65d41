namespace PaymentMonitor.Simulator;

/// <summary>Starts the programs of machines anew, one here and one there, at the fleet's rate.</summary>
internal sealed class MachineRestarts(IReadOnlyList<SimulatedMachine> machines, double perMachineAndMinute, int seed, TimeProvider time)
{
    private readonly Random _random = new(seed);

    internal int Count { get; private set; }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (perMachineAndMinute <= 0)
        {
            return;
        }

        while (true)
        {
            var minutes = -Math.Log(1 - _random.NextDouble()) / (perMachineAndMinute * machines.Count);
            await Task.Delay(TimeSpan.FromMinutes(minutes), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await machines[_random.Next(machines.Count)].RestartAsync();
            Count++;
        }
    }
}
