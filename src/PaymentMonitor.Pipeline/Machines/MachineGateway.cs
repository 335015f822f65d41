using System.Runtime.CompilerServices;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// What a machine can say over its connection: the user events <c>order</c> and <c>sync</c>. The embedded endpoint calls it
/// directly, Azure Web PubSub through the upstream function.
/// </summary>
public sealed class MachineGateway(MachineDirectory directory, EventIntake intake, MachineSync sync, TimeProvider time)
{
    public const string Hub = "machines";
    public const string OrderEvent = "order";
    public const string SyncEvent = "sync";

    /// <param name="form">How the data reads.</param>
    /// <returns>The server message for the caller, stamped with this clock.</returns>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<ServerMessage> AnswerAsync(
        MachineId machineId, string eventName, WireForm form, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // The token outlives a revocation by up to an hour, so every message asks again.
        var machine = await directory.FindAsync(machineId, cancellationToken);
        ServerMessage answer = (machine, eventName) switch
        {
            (not { RevokedAt: null }, _) => Receipt.Rejected(null, new NamedError("machine-revoked", "The machine is revoked or was never registered.")),
            (_, OrderEvent) => await intake.AcceptAsync(machine, form, data, cancellationToken),
            (_, SyncEvent) => await SyncAsync(machineId, form, data, cancellationToken),
            _ => Receipt.Rejected(null, new NamedError("unknown-event", $"A machine sends the user events '{OrderEvent}' and '{SyncEvent}'.")),
        };
        return answer switch
        {
            Receipt receipt => receipt with { ServerTime = time.GetUtcNow() },
            SyncAnswer open => open with { ServerTime = time.GetUtcNow() },
            _ => answer,
        };
    }

    private async ValueTask<ServerMessage> SyncAsync(MachineId machineId, WireForm form, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (ReadSync(form, data.Span) is not { } request)
        {
            return Receipt.Rejected(null, new NamedError("malformed", "A sync is {\"confirmed\":[{\"orderId\",\"version\"}],\"seen\"?:{\"boot\",\"seq\"},\"before\"?:{\"boot\",\"seq\"}}, or the message SyncRequest."));
        }

        try
        {
            return await sync.AnswerAsync(machineId, request, cancellationToken);
        }
        catch (LogUnavailableException e)
        {
            // The confirmations are not kept; the machine's next sync has them again.
            return Receipt.Retry(null, new NamedError("unavailable", e.Message), e.RetryAfter);
        }
    }

    private static SyncRequest? ReadSync(WireForm form, ReadOnlySpan<byte> data)
    {
        if (form == WireForm.Protobuf)
        {
            return SyncProtobuf.TryReadRequest(data, out var request) ? request : null;
        }

        try
        {
            return JsonSerializer.Deserialize(data, WireJson.Default.SyncRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
