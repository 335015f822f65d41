namespace PaymentMonitor.Contracts;

/// <summary>The fields of an event as they were met on the wire, in any order.</summary>
internal struct EventFields
{
    internal const int MaxType = 64;

    internal string? Id;
    internal string? Type;
    internal string? OrderId;
    internal DateTimeOffset? Time;
    internal DateTimeOffset? SentAt;
    internal bool Offline;
    internal long? Boot;
    internal long? Seq;
    internal string? Trace;

    /// <summary>The event without what it says.</summary>
    internal readonly EventHead ToHead()
    {
        var id = Field.Identifier<EventId>(Id, "id");
        var type = Type ?? throw Field.Missing("type");
        var orderId = Field.Identifier<OrderId>(OrderId, "orderId");
        var time = Time ?? throw Field.Missing("time");
        return Boot is null == Seq is null ? new EventHead(id, type, orderId, time) : throw Field.Missing(Boot is null ? "boot" : "seq");
    }

    internal readonly ReportedEvent ToEvent(in EventHead head, OrderEvent body)
    {
        return new ReportedEvent(head.Id, head.OrderId, body, head.Time, SentAt, Offline, Boot, Seq, Trace);
    }
}

/// <summary>What every event must have; it is checked before what the event says.</summary>
internal readonly record struct EventHead(EventId Id, string Type, OrderId OrderId, DateTimeOffset Time);
