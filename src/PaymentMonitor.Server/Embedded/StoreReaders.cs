using System.Collections.Concurrent;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Readers for whoever asks, kept for the next. A read takes microseconds, so there are about as many as threads that run.</summary>
internal sealed class StoreReaders(string path) : IDisposable
{
    private readonly ConcurrentBag<StoreReader> _idle = [];
    private volatile bool _disposed;

    internal Lease Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Lease(this, _idle.TryTake(out var reader) ? reader : new StoreReader(path));
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private void Return(StoreReader reader)
    {
        _idle.Add(reader);
        if (_disposed)
        {
            Dispose();
        }
    }

    internal readonly struct Lease(StoreReaders owner, StoreReader reader) : IDisposable
    {
        internal StoreReader Reader => reader;

        public void Dispose() => owner.Return(reader);
    }
}
