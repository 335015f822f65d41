using DurableTask.AzureStorage;
using DurableTask.Core;
using DurableTask.Core.Entities;
using DurableTask.Core.Entities.OperationFormat;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Entities;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;
using CoreEntity = DurableTask.Core.Entities.TaskEntity;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The durable runtime of the Functions host, in this process: the Durable Task Framework with its Azure Storage provider, over
/// Azurite. Its clock is the real one.
/// </summary>
internal sealed class DurableRuntime : DurableEntityClient, IAsyncDisposable
{
    private readonly AzureStorageOrchestrationService _service;
    private readonly TaskHubWorker _worker;

    private DurableRuntime(AzureStorageOrchestrationService service, Func<ITaskEntity> create)
        : base("test")
    {
        _service = service;
        _worker = new TaskHubWorker(service, new None<TaskOrchestration>(), new None<TaskActivity>(), new Entities(create), NullLoggerFactory.Instance);
    }

    /// <param name="hub">Its task hub: another worker on the same hub takes over where one ended.</param>
    internal static async Task<DurableRuntime> StartAsync(string storage, string hub, Func<ITaskEntity> create)
    {
        var service = new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
        {
            StorageAccountClientProvider = new StorageAccountClientProvider(storage),
            TaskHubName = hub,
            PartitionCount = 1,
            MaxQueuePollingInterval = TimeSpan.FromMilliseconds(200),
            ControlQueueVisibilityTimeout = TimeSpan.FromSeconds(5),
            LeaseInterval = TimeSpan.FromSeconds(15),
            LeaseAcquireInterval = TimeSpan.FromSeconds(1),
            LeaseRenewInterval = TimeSpan.FromSeconds(5),
            UseSeparateQueueForEntityWorkItems = true,
        });
        await service.CreateIfNotExistsAsync();
        var runtime = new DurableRuntime(service, create);
        await runtime._worker.StartAsync();
        return runtime;
    }

    public override Task SignalEntityAsync(
        EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null, CancellationToken cancellation = default)
    {
        var due = options?.SignalTime?.UtcDateTime is { } at ? (at, at) : ((DateTime, DateTime)?)null;
        var target = new OrchestrationInstance { InstanceId = id.ToString() };
        var signal = ClientEntityHelpers.EmitOperationSignal(target, Guid.NewGuid(), operationName, JsonDataConverter.Default.Serialize(input), due);
        return _service.SendTaskOrchestrationMessageAsync(signal.AsTaskMessage());
    }

    public override Task<EntityMetadata?> GetEntityAsync(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override Task<EntityMetadata<T>?> GetEntityAsync<T>(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override AsyncPageable<EntityMetadata> GetAllEntitiesAsync(EntityQuery? filter = null) => throw new NotSupportedException();

    public override AsyncPageable<EntityMetadata<T>> GetAllEntitiesAsync<T>(EntityQuery? filter = null) => throw new NotSupportedException();

    public override Task<CleanEntityStorageResult> CleanEntityStorageAsync(
        CleanEntityStorageRequest? request = null, bool continueUntilComplete = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>At once: what runs is left as it is, as when a process dies.</summary>
    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(isForced: true);
        _worker.Dispose();
    }

    private sealed class Entities(Func<ITaskEntity> create) : INameVersionObjectManager<CoreEntity>
    {
        public void Add(ObjectCreator<CoreEntity> creator) => throw new NotSupportedException();

        public CoreEntity? GetObject(string name, string? version) => new Entity(create);
    }

    /// <summary>Finds out of a batch which entity it is for, and runs it as the worker's SDK does.</summary>
    private sealed class Entity(Func<ITaskEntity> create) : CoreEntity
    {
        private readonly DurableTaskShimFactory _shims = new(new DurableTaskWorkerOptions(), NullLoggerFactory.Instance);

        public override Task<EntityBatchResult> ExecuteOperationBatchAsync(EntityBatchRequest operations)
        {
            var id = EntityId.FromString(operations.InstanceId!);
            return _shims.CreateEntity(id.Name, create(), id).ExecuteOperationBatchAsync(operations);
        }
    }

    private sealed class None<T> : INameVersionObjectManager<T>
    {
        public void Add(ObjectCreator<T> creator) => throw new NotSupportedException();

        public T? GetObject(string name, string? version) => throw new NotSupportedException();
    }
}
