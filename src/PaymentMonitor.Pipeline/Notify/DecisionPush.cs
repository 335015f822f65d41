using System.Diagnostics.Metrics;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>Sends the decisions of a saved order to its machine, at once. Best effort: the machine's next sync makes up for what is lost.</summary>
public sealed class DecisionPush(IMachineConnections connections, IMeterFactory meters)
{
    private readonly Counter<long> _decisions =
        meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.decisions.pushed", "{decision}", "Decisions pushed to machines, by kind; repeats included.");

    /// <param name="afterVersion">Decisions above this version are sent, in order.</param>
    /// <param name="now">For a repeat: permissions that have run out by then are left out.</param>
    public async ValueTask SendAsync(Order order, int afterVersion, CancellationToken cancellationToken, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(order);
        foreach (var decision in order.Decisions)
        {
            if (decision.Version > afterVersion && !(decision.ValidUntil < now))
            {
                await connections.SendAsync(order.MachineId, JsonSerializer.SerializeToUtf8Bytes<ServerMessage>(decision, WireJson.Default.ServerMessage), cancellationToken);
                _decisions.Add(1, new KeyValuePair<string, object?>("kind", decision.Kind));
            }
        }
    }
}
