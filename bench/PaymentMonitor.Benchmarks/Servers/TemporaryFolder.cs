namespace PaymentMonitor.Benchmarks.Servers;

/// <summary>An empty folder that is gone afterwards.</summary>
internal sealed class TemporaryFolder : IAsyncDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("paymentmonitor-bench-").FullName;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}
