using System.Runtime.CompilerServices;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// What one client asks for: events for the application, groups, acknowledgements. It bounds the events that wait for an answer and
/// knows the ackIds that were used. Frames come from one reader; answers from any thread.
/// </summary>
internal sealed class ClientRequests(WebPubSubHub hub, ClientConnection connection)
{
    private readonly Lock _gate = new();
    private AckIdHistory _ackIds;
    private int _eventsInFlight;
    private TaskCompletionSource? _answered;

    /// <summary>Takes one message of the client. A task: wait for it before the next one.</summary>
    internal Task? Receive(byte opcode, ReadOnlySpan<byte> message)
    {
        if (!connection.IsOpen)
        {
            return null;
        }

        if (!connection.Subprotocol.TryRead(opcode, message, hub.Names, out var frame, out var fault))
        {
            connection.Close(Closing.Malformed(fault));
            return null;
        }

        switch (frame.Kind)
        {
            case ClientFrameKind.Event:
                return StartEvent(frame);
            case ClientFrameKind.SequenceAck:
                connection.Acknowledge(frame.SequenceId);
                return null;
            case ClientFrameKind.Ping:
                connection.Reply(static (subprotocol, queue, _) => subprotocol.WritePong(queue), 0UL);
                return null;
            default:
                AskGroup(frame);
                return null;
        }
    }

    private Task? StartEvent(in ClientFrame frame)
    {
        if (frame.Data.Length > hub.Options.MaxEventBytes)
        {
            var closing = Closing.EventTooLarge(hub.Options.MaxEventBytes);
            connection.Ack(frame.AckId, new AckError(closing.Name, closing.Message));
            connection.Close(closing);
            return null;
        }

        if (!TakeAckId(frame.AckId, isEvent: true))
        {
            connection.Ack(frame.AckId, AckError.Duplicate);
            return null;
        }

        hub.Metrics.Event();
        var pending = PendingEvent.Rent(frame.Data);
        ValueTask<EventAnswer> answer;
        try
        {
            answer = hub.Events.UserEvent is { } userEvent ? userEvent(connection, frame.Name, frame.DataType, pending.Data) : default;
        }
#pragma warning disable CA1031 // The application's faults, of whatever kind, must not end the connection.
        catch (Exception e)
#pragma warning restore CA1031
        {
            answer = ValueTask.FromException<EventAnswer>(e);
        }

        if (answer.IsCompletedSuccessfully)
        {
            FinishEvent();
            connection.Answer(frame.AckId, answer.Result);
            pending.Return();
            return null;
        }

        pending.Await(this, frame.AckId, answer);
        return WhenRoomForEvents();
    }

    /// <summary>Sends what the application says to an event, now that it has said it.</summary>
    internal void Answer(ulong? ackId, ValueTaskAwaiter<EventAnswer> answer)
    {
        FinishEvent();
        try
        {
            connection.Answer(ackId, answer.GetResult());
        }
#pragma warning disable CA1031 // As above: it is told to the client, logged and counted.
        catch (Exception e)
#pragma warning restore CA1031
        {
            hub.EventFailed(connection, e);
            FailEvent(ackId);
        }
    }

    /// <summary>Nobody waits any longer for answers that the client cannot get.</summary>
    internal void ConnectionEnded()
    {
        lock (_gate)
        {
            _answered?.TrySetResult();
        }
    }

    private void FailEvent(ulong? ackId)
    {
        lock (_gate)
        {
            if (ackId is { } id)
            {
                _ackIds.Remove(id);
            }
        }

        connection.Ack(ackId, AckError.InternalServerError);
    }

    private void FinishEvent()
    {
        lock (_gate)
        {
            _eventsInFlight--;
            _answered?.TrySetResult();
            _answered = null;
        }
    }

    /// <summary>Null while another event may be started at once.</summary>
    private Task? WhenRoomForEvents()
    {
        lock (_gate)
        {
            if (_eventsInFlight < hub.Options.MaxEventsInFlight || !connection.IsOpen)
            {
                return null;
            }

            return (_answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void AskGroup(in ClientFrame frame)
    {
        var permission = frame.Kind == ClientFrameKind.SendToGroup ? Permissions.SendToGroup : Permissions.JoinLeaveGroup;
        if (!connection.Allows(permission, frame.Name))
        {
            hub.Metrics.Refused("forbidden");
            connection.Ack(frame.AckId, AckError.Forbidden(Permissions.Role(permission, frame.Name)));
            return;
        }

        if (!TakeAckId(frame.AckId, isEvent: false))
        {
            connection.Ack(frame.AckId, AckError.Duplicate);
            return;
        }

        switch (frame.Kind)
        {
            case ClientFrameKind.JoinGroup:
                connection.JoinGroup(frame.Name);
                break;
            case ClientFrameKind.LeaveGroup:
                connection.LeaveGroup(frame.Name);
                break;
            default:
                hub.SendToGroup(frame.Name, new OutgoingMessage(frame.DataType, frame.Data, frame.Name, connection.UserId), frame.NoEcho ? [connection.Id] : []);
                break;
        }

        connection.Ack(frame.AckId, error: null);
    }

    private bool TakeAckId(ulong? ackId, bool isEvent)
    {
        lock (_gate)
        {
            if (ackId is { } id && !_ackIds.TryAdd(id))
            {
                return false;
            }

            _eventsInFlight += isEvent ? 1 : 0;
            return true;
        }
    }
}
