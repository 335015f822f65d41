namespace PaymentMonitor.Functions;

/// <summary>The names of the connections in the settings, for triggers and for our own clients alike.</summary>
internal static class Connections
{
    internal const string Cosmos = "Cosmos";

    internal const string EventHubs = "EventHubs";

    internal const string Storage = "Storage";

    internal const string WebPubSub = "WebPubSub";
}

internal static class EventHub
{
    internal const string Orders = "orders";

    /// <summary>Where decisions are published, if they are.</summary>
    internal const string Decisions = "decisions";

    /// <summary>The consumer group of the order workflow: it alone moves this position in the log.</summary>
    internal const string Workflow = "workflow";
}
