using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// What a machine can say over its connection: the user events <c>order</c> and <c>sync</c>. The embedded endpoint calls it
/// directly, Azure Web PubSub through the upstream function.
/// </summary>
public sealed class MachineGateway(MachineDirectory directory, EventIntake intake, MachineSync sync)
{
    public const string Hub = "machines";
    public const string OrderEvent = "order";
    public const string SyncEvent = "sync";

    /// <returns>The server message for the caller, as JSON.</returns>
    public async ValueTask<ServerMessage> AnswerAsync(MachineId machineId, string eventName, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // The token outlives a revocation by up to an hour, so every message asks again.
        if (await directory.FindAsync(machineId, cancellationToken) is not { RevokedAt: null } machine)
        {
            return Receipt.Rejected(null, new NamedError("machine-revoked", "The machine is revoked or was never registered."));
        }

        return eventName switch
        {
            OrderEvent => await intake.AcceptAsync(machine, data, cancellationToken),
            SyncEvent => await SyncAsync(machineId, data, cancellationToken),
            _ => Receipt.Rejected(null, new NamedError("unknown-event", $"A machine sends the user events '{OrderEvent}' and '{SyncEvent}'.")),
        };
    }

    private async ValueTask<ServerMessage> SyncAsync(MachineId machineId, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            if (JsonSerializer.Deserialize(data.Span, WireJson.Default.SyncRequest) is { } request)
            {
                return await sync.AnswerAsync(machineId, request, cancellationToken);
            }
        }
        catch (JsonException)
        {
            // Named below.
        }

        return Receipt.Rejected(null, new NamedError("malformed", "A sync is {\"confirmed\":[{\"orderId\",\"version\"}],\"seen\"?:{\"boot\",\"seq\"}}."));
    }
}
