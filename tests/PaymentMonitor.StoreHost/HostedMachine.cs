using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.StoreHost;

/// <summary>
/// A machine that sells one order after the other. What its program knows goes to standard output, a line each: <c>K order event</c>
/// for an event that is safe, <c>G order</c> for goods that are released, <c>U order</c> for a permission that is uncertain, and
/// <c>end</c> when everything has its receipt.
/// </summary>
internal sealed class HostedMachine(MachineClient machine)
{
    private static readonly Currency Eur = Currency.Parse("EUR");
    private static readonly Channel Terminal = Channel.Parse("card-terminal");

    private OrderId _selling;
    private TaskCompletionSource _sold = new();

    internal static async Task<int> RunAsync(string folder, Uri endpoint, string secret, string prefix, int orders)
    {
        using var journal = MachineJournal.Open(new JournalOptions { Folder = folder });
        await using var machine = new MachineClient(new MachineClientOptions
        {
            Endpoint = endpoint,
            MachineId = MachineId.Parse("m-1"),
            Secret = secret,
            Journal = journal,
            EventsPerSecond = 1_000,
            EventsBurst = 1_000,
            ConfirmDelay = TimeSpan.FromMilliseconds(20),
            Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(200) },
        });
        await machine.ConnectAsync();
        var host = new HostedMachine(machine);
        await Task.WhenAny(host.ActAsync(), host.SellAsync(prefix, orders));
        Tell("end");
        return 0;
    }

    private async Task SellAsync(string prefix, int orders)
    {
        for (var i = 0; orders == 0 || i < orders; i++)
        {
            var order = OrderId.Parse($"{prefix}-{i}");
            (_selling, _sold) = (order, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            await ReportAsync(order, new OrderEvent.Created(250, Eur, Terminal, 300));
            await ReportAsync(order, new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{order}.1"), 250));
            await _sold.Task;
        }

        await machine.FlushAsync();
    }

    private async Task ActAsync()
    {
        await foreach (var (decision, uncertain) in machine.ReadDecisionsAsync())
        {
            if (decision.Kind == DecisionKinds.ShipmentAllowed)
            {
                Tell($"{(uncertain ? 'U' : 'G')} {decision.OrderId}");
                await ReportAsync(decision.OrderId, new OrderEvent.ShipmentCompleted());
            }
            else if (decision.OrderId == _selling)
            {
                _sold.TrySetResult();
            }
        }
    }

    private async Task<MachineReport> ReportAsync(OrderId order, OrderEvent body)
    {
        var report = await machine.ReportAsync(order, body);
        Tell($"K {order} {report.Event.Id}");
        return report;
    }

    private static void Tell(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
