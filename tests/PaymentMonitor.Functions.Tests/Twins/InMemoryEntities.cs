using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Entities;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The runtime of entities in memory: one operation at a time for each entity, inputs and state as JSON, signals at their time.
/// Microsoft's <see cref="TaskEntity{TState}"/> finds and calls the operation. As in the real runtime an operation that throws loses
/// its input, its state and its signals.
/// </summary>
internal sealed class InMemoryEntities(Func<OrderEntity> create, TimeProvider time) : DurableEntityClient("test")
{
    private readonly List<Signal> _signals = [];

    /// <summary>What happens around each signal of a client; nothing unless set.</summary>
    internal Func<Func<Task>, Task> Around { get; set; } = call => call();

    internal Dictionary<EntityInstanceId, string> States { get; } = [];

    internal IReadOnlyList<Signal> Signals => _signals;

    /// <summary>Every operation that threw: there must be none.</summary>
    internal List<Exception> Thrown { get; } = [];

    public override Task SignalEntityAsync(
        EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null, CancellationToken cancellation = default)
    {
        return Around(() =>
        {
            lock (_signals)
            {
                _signals.Add(Signal.Of(id, operationName, input, options));
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>Runs what is due, in the order in which it was signalled, until nothing is.</summary>
    internal async Task RunAsync()
    {
        while (NextDue() is { } signal)
        {
            await OperateAsync(signal);
        }
    }

    /// <summary>The first signal whose time has come. It stays until an operation that it started has ended.</summary>
    internal Signal? NextDue() => _signals.FirstOrDefault(signal => signal.At is null || signal.At <= time.GetUtcNow());

    /// <summary>Loses everything that was signalled, alarms and all.</summary>
    internal void LoseSignals() => _signals.Clear();

    public override Task<EntityMetadata?> GetEntityAsync(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override Task<EntityMetadata<T>?> GetEntityAsync<T>(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override AsyncPageable<EntityMetadata> GetAllEntitiesAsync(EntityQuery? filter = null) => throw new NotSupportedException();

    public override AsyncPageable<EntityMetadata<T>> GetAllEntitiesAsync<T>(EntityQuery? filter = null) => throw new NotSupportedException();

    public override Task<CleanEntityStorageResult> CleanEntityStorageAsync(
        CleanEntityStorageRequest? request = null, bool continueUntilComplete = true, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Runs one operation; what it does to the entity, its signals included, is kept when it ends, and not before.</summary>
    internal async Task OperateAsync(Signal signal)
    {
        var operation = new Operation(signal, States.GetValueOrDefault(signal.Id));
        try
        {
            await create().RunAsync(operation);
        }
        catch (Exception e)
        {
            Thrown.Add(e);
            _signals.Remove(signal);
            return;
        }

        _signals.Remove(signal);
        if (operation.Stored.Json is { } state)
        {
            States[signal.Id] = state;
        }
        else
        {
            States.Remove(signal.Id);
        }

        _signals.AddRange(operation.Sent);
    }

    internal sealed record Signal(EntityInstanceId Id, string Operation, string Input, DateTimeOffset? At)
    {
        internal static Signal Of(EntityInstanceId id, string operation, object? input, SignalEntityOptions? options)
        {
            return new Signal(id, operation, JsonSerializer.Serialize(input, input!.GetType()), options?.SignalTime);
        }
    }

    private sealed class Operation(Signal signal, string? state) : TaskEntityOperation
    {
        internal JsonState Stored { get; } = new(state);

        internal List<Signal> Sent { get; } = [];

        public override string Name => signal.Operation;

        public override TaskEntityContext Context => new EntityContext(signal.Id, Sent);

        public override TaskEntityState State => Stored;

        public override bool HasInput => true;

        public override object? GetInput(Type inputType) => JsonSerializer.Deserialize(signal.Input, inputType);
    }

    private sealed class JsonState(string? json) : TaskEntityState
    {
        internal string? Json { get; private set; } = json;

        public override bool HasState => Json is not null;

        public override object? GetState(Type type) => Json is null ? null : JsonSerializer.Deserialize(Json, type);

        public override void SetState(object? state) => Json = state is null ? null : JsonSerializer.Serialize(state, state.GetType());
    }

    private sealed class EntityContext(EntityInstanceId id, List<Signal> sent) : TaskEntityContext
    {
        public override EntityInstanceId Id => id;

        public override void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
        {
            sent.Add(Signal.Of(id, operationName, input, options));
        }

        public override string ScheduleNewOrchestration(TaskName name, object? input = null, StartOrchestrationOptions? options = null) => throw new NotSupportedException();
    }
}
