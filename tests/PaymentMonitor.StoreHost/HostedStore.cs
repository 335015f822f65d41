using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.StoreHost;

/// <summary>
/// A store under the load of some workers, each with one order after the other. Everything that a machine would hear goes to
/// standard output, one line and one system call each: <c>R event</c> for a receipt, <c>D machine order version kind</c> for a
/// decision.
/// </summary>
internal sealed class HostedStore(EmbeddedStore store, Stream output)
{
    private static readonly Currency Eur = Currency.Parse("EUR");
    private static readonly Contracts.Channel Terminal = Contracts.Channel.Parse("card-terminal");

    internal static async Task<int> RunAsync(string folder, string prefix, int workers, int orders, int checkpointPages)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var store = EmbeddedStore.Open(
            folder,
            new OrderWorkflow(OrderOptions.Default),
            new StoreOptions { CheckpointPages = checkpointPages },
            TimeProvider.System,
            services.GetRequiredService<IMeterFactory>(),
            NullLogger<EmbeddedStore>.Instance);
        await using var output = Console.OpenStandardOutput();
        var host = new HostedStore(store, output);
        _ = host.TellDecisionsAsync(store.Subscribe(4_096));
        store.Start();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => host.WorkAsync($"m-{worker}", prefix, orders))));
        return 0;
    }

    private async Task WorkAsync(string machine, string prefix, int orders)
    {
        for (var i = 0; orders == 0 || i < orders; i++)
        {
            var order = $"{prefix}-{i}";
            await ReportAsync(machine, order, "created", new OrderEvent.Created(250, Eur, Terminal, 300));
            await ReportAsync(machine, order, "paid", new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{machine}.{order}"), 250, Eur));
            await ReportAsync(machine, order, "shipped", new OrderEvent.ShipmentCompleted());
        }
    }

    private async Task ReportAsync(string machine, string order, string name, OrderEvent body)
    {
        var reported = new ReportedEvent(EventId.Parse($"{machine}.{order}.{name}"), OrderId.Parse(order), body, TimeProvider.System.GetUtcNow());
        await store.Log.AppendAsync(new Report(MachineId.Parse(machine), EventSource.Machine, reported, EventJson.ToBytes(reported)), CancellationToken.None);
        Tell($"R {reported.Id}");
    }

    private async Task TellDecisionsAsync(ChannelReader<IReadOnlyList<OrderChange>> changes)
    {
        await foreach (var transaction in changes.ReadAllAsync())
        {
            foreach (var (before, after) in transaction)
            {
                foreach (var decision in after.Decisions.Skip(before?.Version ?? 0))
                {
                    Tell(string.Create(CultureInfo.InvariantCulture, $"D {after.MachineId} {after.OrderId} {decision.Version} {decision.Kind}"));
                }
            }
        }
    }

    private void Tell(string line)
    {
        lock (output)
        {
            output.Write(Encoding.ASCII.GetBytes(line + "\n"));
        }
    }
}
