using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Targets;

namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>A running server, with all that it needs, and how to talk to it.</summary>
/// <param name="process">The process that machines connect to.</param>
/// <param name="parts">All that was started for it, the process included.</param>
internal sealed class ServerUnderTest(ServerProcess process, ITarget target, Parts parts) : IAsyncDisposable
{
    internal ServerProcess Process { get; } = process;

    internal ITarget Target { get; } = target;

    internal Task<Fleet> ConnectAsync(int machines, int firstMachine, CancellationToken cancellationToken)
    {
        return Fleet.ConnectAsync(Target, Process.EndPoint, machines, firstMachine, cancellationToken);
    }

    public ValueTask DisposeAsync() => parts.DisposeAsync();
}
