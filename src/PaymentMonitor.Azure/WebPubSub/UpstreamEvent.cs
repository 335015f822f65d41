using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// What Azure Web PubSub tells its event handler, in the binary mode of CloudEvents over HTTP: all of it but the data of a user event
/// stands in the headers. The user of a connection is the machine, as the token said with which it connected.
/// </summary>
public abstract record UpstreamEvent(MachineId MachineId, string ConnectionId)
{
    private const string SystemType = "azure.webpubsub.sys.";
    private const string UserType = "azure.webpubsub.user.";

    /// <summary>A machine asks to be let in. The service waits for the answer; a refusal is its status.</summary>
    public sealed record Connect(MachineId MachineId, string ConnectionId) : UpstreamEvent(MachineId, ConnectionId);

    /// <summary>A machine is in. Nobody waits for the answer.</summary>
    public sealed record Connected(MachineId MachineId, string ConnectionId) : UpstreamEvent(MachineId, ConnectionId);

    /// <summary>A connection has ended. Nobody waits for the answer.</summary>
    public sealed record Disconnected(MachineId MachineId, string ConnectionId) : UpstreamEvent(MachineId, ConnectionId);

    /// <summary>A machine sent a user event. The service waits; any answer that is not a success drops the machine's connection.</summary>
    /// <param name="DataForm">How the data reads, by its content type.</param>
    /// <param name="AnswerForm">How the machine wants to be answered, by its subprotocol.</param>
    public sealed record User(MachineId MachineId, string ConnectionId, string Name, WireForm DataForm, WireForm AnswerForm) : UpstreamEvent(MachineId, ConnectionId);

    public static bool TryRead(IHeaderDictionary headers, [NotNullWhen(true)] out UpstreamEvent? upstream, [NotNullWhen(false)] out NamedError? error)
    {
        ArgumentNullException.ThrowIfNull(headers);
        (upstream, error) = (null, null);
        var (type, connection) = (headers["ce-type"].ToString(), headers["ce-connectionId"].ToString());
        if (headers["ce-specversion"] != "1.0" || connection.Length == 0)
        {
            error = new NamedError("not-web-pubsub", "This is not an event of Web PubSub: it has no CloudEvents headers.");
        }
        else if (headers["ce-hub"] != MachineGateway.Hub)
        {
            error = new NamedError("wrong-hub", $"Machines are on the hub '{MachineGateway.Hub}'.");
        }
        else if (!MachineId.TryParse(headers["ce-userId"], out var machine))
        {
            error = new NamedError("no-machine", $"The user of the connection must be a machine id: {MachineId.Rule}.");
        }
        else
        {
            upstream = Of(type, machine, connection, headers);
            error = upstream is null ? new NamedError("unknown-type", $"'{type}' is not an event that this handler was set up for.") : null;
        }

        return upstream is not null;
    }

    private static UpstreamEvent? Of(string type, MachineId machine, string connection, IHeaderDictionary headers) => type switch
    {
        SystemType + "connect" => new Connect(machine, connection),
        SystemType + "connected" => new Connected(machine, connection),
        SystemType + "disconnected" => new Disconnected(machine, connection),
        _ when type.StartsWith(UserType, StringComparison.Ordinal) => new User(
            machine,
            connection,
            type[UserType.Length..],
            headers.ContentType.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ? WireForm.Json : WireForm.Protobuf,
            WireForms.OfSubprotocol(headers["ce-subprotocol"])),
        _ => null,
    };
}
