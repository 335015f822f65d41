// A vending machine at the keyboard. Start a server that lets it in, then the machine:
//   dotnet run --project src/PaymentMonitor.Server -- serve --demo-credentials
//   dotnet run --project samples/csharp-machine [endpoint] [machine id] [secret]
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

var euro = Currency.Parse("EUR");
var terminal = Channel.Parse("card-terminal");
string[] products = ["Water 1.20", "Cola 2.50", "Crisps 1.80"];
long[] prices = [120, 250, 180];

// What was reported and decided outlives the machine's power in here; each machine has a folder of its own.
using var journal = MachineJournal.Open(new JournalOptions { Folder = args.ElementAtOrDefault(3) ?? "csharp-machine-journal" });
await using var machine = new MachineClient(new MachineClientOptions
{
    Endpoint = new Uri(args.ElementAtOrDefault(0) ?? "http://127.0.0.1:8080"),
    MachineId = MachineId.Parse(args.ElementAtOrDefault(1) ?? "csharp-machine"),
    Secret = args.ElementAtOrDefault(2) ?? "demo-secret-for-loopback-only",
    Journal = journal,
});

OrderId? order = null;
var product = 0;
var payments = 0;
_ = TellStatesAsync();
_ = ActOnDecisionsAsync();
try
{
    // Without a connection the machine sells on: what it reports is sent when there is one.
    await machine.ConnectAsync().WaitAsync(TimeSpan.FromSeconds(10));
}
catch (TimeoutException)
{
    Console.WriteLine("No connection yet; the machine goes on trying.");
}
catch (MachineRefusedException e)
{
    Console.WriteLine(e.Message);
    return 1;
}

Console.WriteLine($"1-{products.Length} chooses ({string.Join(", ", products)}); pay, decline, cancel, quit.");
while (Console.ReadLine()?.Trim() is { } line and not "quit")
{
    switch (line)
    {
        case "pay" when order is not null:
            await ReportAsync(new OrderEvent.PaymentStarted());
            await ReportAsync(new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{order}.{++payments}"), prices[product]));
            break;
        case "decline" when order is not null:
            await ReportAsync(new OrderEvent.PaymentFailed("declined"));
            break;
        case "cancel" when order is not null:
            await ReportAsync(new OrderEvent.Cancelled());
            break;
        case var choice when int.TryParse(choice, out var number) && number >= 1 && number <= products.Length:
            (order, product, payments) = (OrderId.Parse(Guid.NewGuid().ToString("N")), number - 1, 0);
            await ReportAsync(new OrderEvent.Created(prices[product], euro, terminal, ExpiresInSeconds: 60));
            break;
        default:
            Console.WriteLine("Choose a product first; then pay, decline or cancel.");
            break;
    }
}

return 0;

async Task ReportAsync(OrderEvent happened)
{
    var report = await machine.ReportAsync(order.Value, happened);
    _ = TellReceiptAsync(report);
}

async Task TellReceiptAsync(MachineReport report)
{
    var receipt = await report.Receipt;
    Console.WriteLine($"  {report.Event.Body.Type}: {receipt.Status}{(receipt.Error is { } error ? $" ({error.Message})" : "")}");
}

async Task ActOnDecisionsAsync()
{
    await foreach (var (decision, uncertain) in machine.ReadDecisionsAsync())
    {
        Console.WriteLine($"  -> {decision.Kind} ({decision.Reason})");
        switch (decision)
        {
            case { Kind: DecisionKinds.ShipmentAllowed } when uncertain:
                // The power went between the permission and the report. This machine asks its sensor; the sample has none.
                Console.WriteLine("  Nobody knows whether the goods are out; the sample says they are not.");
                await machine.ReportAsync(decision.OrderId, new OrderEvent.ShipmentFailed("interrupted"));
                break;
            case { Kind: DecisionKinds.ShipmentAllowed }:
                Console.WriteLine($"  The machine drops: {products[product]}");
                await machine.ReportAsync(decision.OrderId, new OrderEvent.ShipmentCompleted());
                break;
            case { Kind: DecisionKinds.RefundDue, Refund: { } refund }:
                Console.WriteLine($"  The terminal gives back {refund.Amount / 100m:0.00} {refund.Currency}");
                await machine.ReportAsync(decision.OrderId, new OrderEvent.RefundCompleted(refund.PaymentId));
                break;
        }
    }
}

async Task TellStatesAsync()
{
    await foreach (var state in machine.ReadStatesAsync())
    {
        Console.WriteLine($"  [{state}]");
    }
}
