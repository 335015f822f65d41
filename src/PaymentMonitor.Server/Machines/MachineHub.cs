using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>The hub on which machines are: who may come in, and where their events go.</summary>
internal static class MachineHub
{
    /// <summary>
    /// The limits it has. An event that is too large gets a rejecting receipt from the intake: closing the connection would only have it
    /// sent again. Of one machine two events are under way at most, one on the disk's way and one behind it: when thousands flush what
    /// they recorded without a connection, the rest waits in their sockets, where it costs nothing, and nobody need be asked to come again.
    /// </summary>
    internal static HubOptions Options { get; } = new() { Name = MachineGateway.Hub, MaxEventBytes = 1024 * 1024, MaxEventsInFlight = 2 };

    internal static WebPubSubHub Create(
        HubOptions options,
        MachineGateway gateway,
        MachineDirectory directory,
        FleetWatch watch,
        WebPubSubTokens tokens,
        TimeProvider time,
        IMeterFactory meters,
        ILogger<WebPubSubHub> logger)
    {
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
            UserEvent = (connection, name, dataType, data) => AnswerAsync(gateway, watch, connection, name, dataType, data),
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

    /// <summary>The data type that messages of this form are sent as.</summary>
    internal static MessageDataType DataTypeOf(WireForm form) => form == WireForm.Protobuf ? MessageDataType.Binary : MessageDataType.Json;

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<EventAnswer> AnswerAsync(
        MachineGateway gateway, FleetWatch watch, ClientConnection connection, string eventName, MessageDataType dataType, ReadOnlyMemory<byte> data)
    {
        var userId = connection.UserId!;
        if (OperationsClients.IsOne(userId))
        {
            return Say(connection, Receipt.Rejected(null, new NamedError("not-a-machine", "Only a machine reports events; this connection may join a group.")));
        }

        watch.Heard(userId);
        var form = dataType is MessageDataType.Binary or MessageDataType.Protobuf ? WireForm.Protobuf : WireForm.Json;
        var plain = dataType == MessageDataType.Protobuf ? PackedMessage.ValueOf(data) : data;
        var answer = await gateway.AnswerAsync(MachineId.Parse(userId), eventName, form, plain, CancellationToken.None);
        if (answer is Receipt { Status: ReceiptStatus.Rejected })
        {
            watch.Rejected(userId);
        }

        return Say(connection, answer);
    }

    private static EventAnswer Say(ClientConnection connection, ServerMessage message)
    {
        var form = WireForms.OfSubprotocol(connection.Subprotocol.Name);
        return new EventAnswer(DataTypeOf(form), message.ToBytes(form));
    }
}
