using System.Reflection;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Entities;

namespace PaymentMonitor.Functions.Tests;

/// <summary>
/// The runtime of entities in memory: one operation at a time for each entity, inputs and state as JSON, signals at their time.
/// As in the real one an operation that throws loses its input, its state and its signals.
/// </summary>
internal sealed class InMemoryEntities(Func<OrderEntity> create, TimeProvider time) : DurableEntityClient("test")
{
    private readonly List<Signal> _signals = [];

    internal Dictionary<EntityInstanceId, string> States { get; } = [];

    internal IReadOnlyList<Signal> Signals => _signals;

    /// <summary>Every operation that threw: there must be none.</summary>
    internal List<Exception> Thrown { get; } = [];

    public override Task SignalEntityAsync(
        EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null, CancellationToken cancellation = default)
    {
        lock (_signals)
        {
            _signals.Add(new Signal(id, operationName, JsonSerializer.Serialize(input, input!.GetType()), options?.SignalTime));
        }

        return Task.CompletedTask;
    }

    /// <summary>Runs what is due, in the order in which it was signalled, until nothing is.</summary>
    internal async Task RunAsync()
    {
        while (_signals.FirstOrDefault(signal => signal.At is null || signal.At <= time.GetUtcNow()) is { } signal)
        {
            _signals.Remove(signal);
            await OperateAsync(signal);
        }
    }

    private async Task OperateAsync(Signal signal)
    {
        var entity = create();
        var context = new Context(signal.Id);
        Set(entity, "Context", context);
        Set(entity, "State", States.TryGetValue(signal.Id, out var json) ? JsonSerializer.Deserialize<OrderInbox>(json) : Initial(entity));
        var operation = entity.GetType().GetMethod(signal.Operation, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)!;
        try
        {
            await (Task)operation.Invoke(entity, [JsonSerializer.Deserialize(signal.Input, operation.GetParameters()[0].ParameterType)])!;
        }
        catch (Exception e)
        {
            Thrown.Add(e);
            return;
        }

        if (typeof(TaskEntity<OrderInbox>).GetProperty("State", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(entity) is OrderInbox state)
        {
            States[signal.Id] = JsonSerializer.Serialize(state);
        }
        else
        {
            States.Remove(signal.Id);
        }

        _signals.AddRange(context.Sent);
    }

    private static object Initial(OrderEntity entity)
    {
        return entity.GetType().GetMethod("InitializeState", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(entity, [null])!;
    }

    private static void Set(OrderEntity entity, string property, object? value)
    {
        typeof(TaskEntity<OrderInbox>).GetProperty(property, BindingFlags.NonPublic | BindingFlags.Instance)!.SetValue(entity, value);
    }

    internal sealed record Signal(EntityInstanceId Id, string Operation, string Input, DateTimeOffset? At);

    private sealed class Context(EntityInstanceId id) : TaskEntityContext
    {
        internal List<Signal> Sent { get; } = [];

        public override EntityInstanceId Id => id;

        public override void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
        {
            Sent.Add(new Signal(id, operationName, JsonSerializer.Serialize(input, input!.GetType()), options?.SignalTime));
        }
    }
}

/// <summary>Hands out the client of the entities in memory.</summary>
internal sealed class InMemoryDurable(DurableEntityClient entities) : DurableTaskClient("test")
{
    public override DurableEntityClient Entities => entities;
}
