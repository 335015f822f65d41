// Stand-ins for Microsoft.Azure.Functions.Worker.Extensions.CosmosDB 4.14: signatures only. They follow
// Azure/azure-functions-dotnet-worker, extensions/Worker.Extensions.CosmosDB/src.
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

public sealed class CosmosDBTriggerAttribute(string databaseName, string containerName) : TriggerBindingAttribute
{
    public string DatabaseName { get; } = databaseName;

    public string ContainerName { get; } = containerName;

    public string? Connection { get; set; }

    public string? LeaseContainerName { get; set; }

    public string? LeaseContainerPrefix { get; set; }

    public int FeedPollDelay { get; set; }

    public int MaxItemsPerInvocation { get; set; }

    public bool StartFromBeginning { get; set; }
}
