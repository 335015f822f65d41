using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Api;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// The event handler of Web PubSub: what machines send comes in here, and the answer to an event is its receipt. Any status that is
/// not a success drops the machine's connection, so whatever may pass is answered with success: a machine is let in (its token was
/// good, and every message asks again), and an event gets a receipt that asks for it again.
/// </summary>
public sealed partial class WebPubSubUpstream(
    UpstreamCaller caller, MachineGateway gateway, MachineDirectory directory, WebPubSubConnections connections, TimeProvider time, ILogger<WebPubSubUpstream> logger)
{
    /// <summary>The service gives up on an answer after a while, and then drops the connection.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    [Function(nameof(WebPubSubUpstream))]
    public async Task RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", "options", Route = "api/web-pubsub")] HttpRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = HttpMethods.IsOptions(request.Method) ? Preflight(request) : await AnswerAsync(request, cancellationToken);
        await answer.ExecuteAsync(request.HttpContext);
    }

    private IResult Preflight(HttpRequest request)
    {
        if (caller.Allows(request) is not { } origin)
        {
            return Problems.Of(StatusCodes.Status403Forbidden, "not-our-web-pubsub", "Only this deployment's Web PubSub may send events here.");
        }

        request.HttpContext.Response.Headers["WebHook-Allowed-Origin"] = origin;
        return TypedResults.Ok();
    }

    private async Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var proof = await caller.ProveAsync(request.HttpContext);
        if (proof is UpstreamProof.Bad)
        {
            Log.Refused(logger, request.Headers["ce-connectionId"].ToString());
            return Problems.Of(StatusCodes.Status401Unauthorized, "not-our-web-pubsub", "Only this deployment's Web PubSub may send events here.");
        }

        if (!UpstreamEvent.TryRead(request.Headers, out var upstream, out var error))
        {
            return Problems.Of(error.Name == "no-machine" ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest, error);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var alarm = time.CreateTimer(_ => limit.Cancel(), null, AnswerWithin, Timeout.InfiniteTimeSpan);
        return upstream switch
        {
            UpstreamEvent.User user => await ReceiptAsync(user, request, proof, limit.Token),
            UpstreamEvent.Connect connect when proof is UpstreamProof.Good => await AdmitAsync(connect, limit.Token),
            UpstreamEvent.Connected connected when proof is UpstreamProof.Good => await CloseOlderAsync(connected, limit.Token),
            _ => TypedResults.NoContent(),
        };
    }

    private async Task<IResult> AdmitAsync(UpstreamEvent.Connect connect, CancellationToken cancellationToken)
    {
        try
        {
            return await directory.FindAsync(connect.MachineId, cancellationToken) is { RevokedAt: null }
                ? TypedResults.NoContent()
                : Problems.Of(StatusCodes.Status403Forbidden, "machine-revoked", "The machine is revoked or was never registered.");
        }
        catch (Exception e)
        {
            Log.NotAsked(logger, connect.MachineId, e);
            return TypedResults.NoContent();
        }
    }

    private async Task<IResult> CloseOlderAsync(UpstreamEvent.Connected connected, CancellationToken cancellationToken)
    {
        try
        {
            await connections.CloseOlderAsync(connected.MachineId, connected.ConnectionId, cancellationToken);
        }
        catch (Exception e)
        {
            // Two connections of one machine do no harm: each is told everything.
            Log.OlderNotClosed(logger, connected.MachineId, e);
        }

        return TypedResults.NoContent();
    }

    private async Task<IResult> ReceiptAsync(UpstreamEvent.User user, HttpRequest request, UpstreamProof proof, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> data = default;
        try
        {
            data = await ReadAsync(request, cancellationToken);
            return proof is UpstreamProof.Good
                ? Message(await gateway.AnswerAsync(user.MachineId, user.Name, user.DataForm, data, cancellationToken), user)
                : Message(RetryOf(data, user, "The sender cannot be checked now."), user);
        }
        catch (Exception e)
        {
            Log.NotAnswered(logger, user.MachineId, user.Name, e);
            return Message(RetryOf(data, user, "A service that is needed does not answer."), user);
        }
    }

    private static Receipt RetryOf(ReadOnlyMemory<byte> data, UpstreamEvent.User user, string sentence)
    {
        var isRead = user.DataForm == WireForm.Json
            ? EventJson.TryRead(data.Span, out var reported, out var refusal)
            : EventProtobuf.TryRead(data.Span, out reported, out refusal);
        return Receipt.Retry(isRead ? reported!.Id.Value : refusal!.Id, new NamedError("unavailable", sentence), TimeSpan.FromSeconds(2));
    }

    /// <summary>Web PubSub's frames have at most 1 MB, so a body has too.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 4_096, 1024 * 1024));
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    /// <summary>The content type is the data type of the message that the machine gets.</summary>
    private static FileContentHttpResult Message(ServerMessage message, UpstreamEvent.User user)
    {
        return TypedResults.Bytes(message.ToBytes(user.AnswerForm), user.AnswerForm == WireForm.Json ? "application/json" : "application/octet-stream");
    }

    private static partial class Log
    {
        [LoggerMessage(5201, LogLevel.Warning, "Refused an event for connection {Connection}: it is not from this deployment's Web PubSub.")]
        internal static partial void Refused(ILogger logger, string connection);

        [LoggerMessage(5202, LogLevel.Warning, "Machine {Machine} was let in by its token alone: the registry does not answer.")]
        internal static partial void NotAsked(ILogger logger, MachineId machine, Exception exception);

        [LoggerMessage(5203, LogLevel.Warning, "Older connections of machine {Machine} could not be closed.")]
        internal static partial void OlderNotClosed(ILogger logger, MachineId machine, Exception exception);

        [LoggerMessage(5204, LogLevel.Error, "The event '{Event}' of machine {Machine} could not be answered; the machine was asked to send it again.")]
        internal static partial void NotAnswered(ILogger logger, MachineId machine, string @event, Exception exception);
    }
}
