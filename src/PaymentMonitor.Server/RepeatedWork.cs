namespace PaymentMonitor.Server;

/// <summary>Work that is done again and again. A round that fails is told of, and the next one comes at its time: nothing here is worth stopping the server for.</summary>
/// <param name="every">From one round to the next.</param>
/// <param name="atOnce">The first round is at the start, and not only after the first interval.</param>
internal abstract class RepeatedWork(TimeSpan every, TimeProvider time, bool atOnce = false) : BackgroundService
{
    protected TimeProvider Time { get; } = time;

    protected abstract Task RoundAsync(CancellationToken stoppingToken);

    protected abstract void Failed(Exception exception);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(every, Time);
        while (atOnce || await ticks.WaitForNextTickAsync(stoppingToken))
        {
            atOnce = false;
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(e);
            }
        }
    }
}
