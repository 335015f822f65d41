using System.Diagnostics.Metrics;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>What the endpoint counts, all with the tag <c>hub</c>.</summary>
internal sealed class WebPubSubMetrics
{
    internal const string Meter = "PaymentMonitor.WebPubSub";

    private readonly KeyValuePair<string, object?> _hub;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _recoveries;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _events;

    internal WebPubSubMetrics(IMeterFactory meters, string hub)
    {
        var meter = meters.Create(Meter);
        _hub = new("hub", hub);
        _connections = meter.CreateUpDownCounter<long>("paymentmonitor.webpubsub.connections", "{connection}", "Connections that are open or waiting to be recovered.");
        _connects = meter.CreateCounter<long>("paymentmonitor.webpubsub.connects", "{connection}", "New connections.");
        _recoveries = meter.CreateCounter<long>("paymentmonitor.webpubsub.recoveries", "{recovery}", "Connections that got a new socket.");
        _disconnects = meter.CreateCounter<long>("paymentmonitor.webpubsub.disconnects", "{connection}", "Connections that ended, by reason.");
        _refusals = meter.CreateCounter<long>("paymentmonitor.webpubsub.refusals", "{refusal}", "Requests and frames refused, by name.");
        _events = meter.CreateCounter<long>("paymentmonitor.webpubsub.events", "{event}", "User events given to the application.");
    }

    internal void Connected()
    {
        _connects.Add(1, _hub);
        _connections.Add(1, _hub);
    }

    internal void Recovered() => _recoveries.Add(1, _hub);

    internal void Disconnected(Closing closing)
    {
        _connections.Add(-1, _hub);
        _disconnects.Add(1, _hub, new("reason", closing.Name));
        if (closing.IsRefusal)
        {
            Refused(closing.Name);
        }
    }

    internal void Refused(string name) => _refusals.Add(1, _hub, new("name", name));

    internal void Event() => _events.Add(1, _hub);
}
