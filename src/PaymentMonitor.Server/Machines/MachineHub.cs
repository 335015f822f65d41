using System.Diagnostics.Metrics;
using System.Text.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>The hub on which machines are: who may come in, and where their events go.</summary>
internal static class MachineHub
{
    internal static WebPubSubHub Create(
        MachineGateway gateway,
        MachineDirectory directory,
        FleetWatch watch,
        WebPubSubTokens tokens,
        TimeProvider time,
        IMeterFactory meters,
        ILogger<WebPubSubHub> logger)
    {
        // An event that is too large gets a rejecting receipt from the intake: closing the connection would only have it sent again.
        var options = new HubOptions { Name = MachineGateway.Hub, MaxEventBytes = 1024 * 1024 };
        WebPubSubHub? hub = null;
        var events = new HubEvents
        {
            Connect = (request, token) => AdmitAsync(directory, request, token),
            Connected = connection =>
            {
                if (!OperationsClients.IsOne(connection.UserId))
                {
                    // One connection a machine: what a half-open older one would still be told, nobody would hear.
                    hub!.CloseOlder(connection, "The machine opened a newer connection.");
                    watch.Heard(connection.UserId!);
                }

                return ValueTask.CompletedTask;
            },
            UserEvent = (connection, name, _, data) => AnswerAsync(gateway, watch, connection.UserId!, name, data),
        };
        return hub = new WebPubSubHub(options, events, tokens, time, meters, logger);
    }

    private static async ValueTask<ConnectAnswer> AdmitAsync(MachineDirectory directory, ConnectRequest request, CancellationToken cancellationToken)
    {
        if (OperationsClients.IsOne(request.UserId))
        {
            return new ConnectAnswer.Accepted();
        }

        if (!MachineId.TryParse(request.UserId, out var machineId))
        {
            return new ConnectAnswer.Refused(StatusCodes.Status401Unauthorized, "no-machine", $"The token's subject must be a machine id: {MachineId.Rule}.");
        }

        return await directory.FindAsync(machineId, cancellationToken) is { RevokedAt: null }
            ? new ConnectAnswer.Accepted()
            : new ConnectAnswer.Refused(StatusCodes.Status403Forbidden, "machine-revoked", "The machine is revoked or was never registered.");
    }

    private static async ValueTask<EventAnswer> AnswerAsync(MachineGateway gateway, FleetWatch watch, string userId, string eventName, ReadOnlyMemory<byte> data)
    {
        if (OperationsClients.IsOne(userId))
        {
            return Json(Receipt.Rejected(null, new NamedError("not-a-machine", "Only a machine reports events; this connection may join a group.")));
        }

        watch.Heard(userId);
        var answer = await gateway.AnswerAsync(MachineId.Parse(userId), eventName, data, CancellationToken.None);
        if (answer is Receipt { Status: ReceiptStatus.Rejected })
        {
            watch.Rejected(userId);
        }

        return Json(answer);
    }

    private static EventAnswer Json(ServerMessage message) => EventAnswer.Json(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.ServerMessage));
}
