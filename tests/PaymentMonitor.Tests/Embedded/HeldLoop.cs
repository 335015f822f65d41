using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Embedded;

/// <summary>Holds the loop inside a transaction, so that a test can fill its queue.</summary>
internal sealed class HeldLoop : IDisposable
{
    private readonly ManualResetEventSlim _released = new();

    internal static async Task<HeldLoop> HoldAsync(OrderLoop loop)
    {
        var held = new HeldLoop();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = loop.WriteAsync(
            _ =>
            {
                entered.SetResult();
                return held._released.Wait(TimeSpan.FromSeconds(30));
            },
            TestContext.Current.CancellationToken);
        await entered.Task;
        return held;
    }

    internal void Release() => _released.Set();

    public void Dispose() => _released.Set();
}
