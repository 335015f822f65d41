// Stand-ins for Microsoft.Azure.Functions.Worker.Extensions.EventHubs 6.5: signatures only. They follow
// Azure/azure-functions-dotnet-worker, extensions/Worker.Extensions.EventHubs/src.
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

public sealed class EventHubTriggerAttribute(string eventHubName) : TriggerBindingAttribute
{
    public string EventHubName { get; } = eventHubName;

    public string? ConsumerGroup { get; set; }

    public string? Connection { get; set; }

    public bool IsBatched { get; set; } = true;
}
