// Stand-ins for Microsoft.DurableTask.Abstractions and Microsoft.DurableTask.Client 1.25: signatures only. They follow
// microsoft/durabletask-dotnet, src/Abstractions/Entities and src/Client/Core.
using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Entities;

namespace Microsoft.DurableTask.Entities
{
    public interface ITaskEntity
    {
        ValueTask<object?> RunAsync(TaskEntityOperation operation);
    }

    public readonly record struct EntityInstanceId
    {
        public EntityInstanceId(string name, string key) => (Name, Key) = (name.ToLowerInvariant(), key);

        public string Name { get; }

        public string Key { get; }

        public override string ToString() => $"@{Name}@{Key}";
    }

    public record SignalEntityOptions
    {
        public DateTimeOffset? SignalTime { get; init; }
    }

    public abstract class TaskEntityContext
    {
        public abstract EntityInstanceId Id { get; }

        public abstract void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null);
    }

    public abstract class TaskEntityOperation
    {
        public abstract string Name { get; }

        public abstract TaskEntityContext Context { get; }
    }

    public abstract class TaskEntity<TState> : ITaskEntity
    {
        protected virtual bool AllowStateDispatch => false;

        protected TState State { get; set; } = default!;

        protected TaskEntityContext Context { get; private set; } = null!;

        public ValueTask<object?> RunAsync(TaskEntityOperation operation) => throw new NotSupportedException();

        protected virtual TState InitializeState(TaskEntityOperation entityOperation) => throw new NotSupportedException();
    }
}

namespace Microsoft.DurableTask.Client
{
    public abstract class DurableTaskClient(string name)
    {
        public string Name { get; } = name;

        public virtual DurableEntityClient Entities => throw new NotSupportedException();
    }
}

namespace Microsoft.DurableTask.Client.Entities
{
    public abstract class DurableEntityClient(string name)
    {
        public string Name { get; } = name;

        public abstract Task SignalEntityAsync(
            EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null, CancellationToken cancellation = default);
    }
}
