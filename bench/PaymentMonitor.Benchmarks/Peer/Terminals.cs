using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>The connected machines.</summary>
internal sealed class Terminals(IHubContext<MachineHub> hub)
{
    internal const string ReceiptMethod = "receipt";

    private const string DecisionMethod = "decision";
    private const string MachineKey = "machine";

    private readonly ConcurrentDictionary<string, (string Connection, IClientProxy Proxy)> _connected = new();

    internal static string MachineOf(HubCallerContext context) => (string)context.Items[MachineKey]!;

    internal void Add(string machine, HubCallerContext context)
    {
        context.Items[MachineKey] = MachineId.Parse(machine).Value;
        _connected[machine] = (context.ConnectionId, hub.Clients.Client(context.ConnectionId));
    }

    internal void Remove(HubCallerContext context)
    {
        var machine = MachineOf(context);
        if (_connected.TryGetValue(machine, out var terminal) && terminal.Connection == context.ConnectionId)
        {
            _ = _connected.TryRemove(KeyValuePair.Create(machine, terminal));
        }
    }

    internal Task SendReceiptAsync(string machine, string eventId)
    {
        return _connected.TryGetValue(machine, out var terminal)
            ? terminal.Proxy.SendAsync(ReceiptMethod, Receipt.Accepted(eventId))
            : Task.CompletedTask;
    }

    internal Task SendDecisionAsync(string machine, Decision decision)
    {
        return _connected.TryGetValue(machine, out var terminal) ? terminal.Proxy.SendAsync(DecisionMethod, decision) : Task.CompletedTask;
    }
}
