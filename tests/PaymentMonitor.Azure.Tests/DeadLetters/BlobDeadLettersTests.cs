using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Azure.Tests;

/// <summary>Dead letters as blobs of Azurite.</summary>
public sealed class BlobDeadLettersTests(AzuriteServer azurite) : DeadLettersContract, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    protected override async Task<(IDeadLetters Letters, FakeTimeProvider Clock)> NewAsync()
    {
        var clock = new FakeTimeProvider(Noon);
        var counter = new DeadLetterCounter(_services.GetRequiredService<IMeterFactory>());
        return (new BlobDeadLetters(await azurite.NewContainerAsync(), counter, clock), clock);
    }
}
