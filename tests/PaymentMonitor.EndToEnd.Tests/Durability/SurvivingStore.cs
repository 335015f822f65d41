using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.EndToEnd.Tests.Durability;

/// <summary>A folder that outlived its process, opened as the next process would, and held against what the world was told.</summary>
internal sealed class SurvivingStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly EmbeddedStore _store;
    private readonly string _folder;

    private SurvivingStore(string folder)
    {
        _folder = folder;
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _store = EmbeddedStore.Open(
            folder,
            new OrderWorkflow(OrderOptions.Default),
            new StoreOptions(),
            TimeProvider.System,
            _services.GetRequiredService<IMeterFactory>(),
            NullLogger<EmbeddedStore>.Instance);
        _store.Start();
    }

    /// <summary>Opens the store, which checks the file as a whole, and says what is wrong with what it holds.</summary>
    internal static async Task<IReadOnlyList<string>> FaultsAsync(string folder, IEnumerable<string> told)
    {
        await using var store = new SurvivingStore(folder);
        return await store.FaultsAsync([.. told]);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _services.DisposeAsync();
    }

    private async Task<IReadOnlyList<string>> FaultsAsync(List<string> told)
    {
        var faults = new List<string>();
        var logged = await LoggedAsync();
        var orders = await OrdersAsync();
        foreach (var line in told)
        {
            var words = line.Split(' ');
            if (words is ["R", var id] && !logged.Contains(id))
            {
                faults.Add($"The event {id} has a receipt and is not in the log.");
            }

            if (words is ["D", var machine, var order, var version, var kind]
                && (!orders.TryGetValue($"{machine}/{order}", out var stored) || Kinds(stored).ElementAtOrDefault(int.Parse(version) - 1) != kind))
            {
                faults.Add($"The machine was told {kind} for {machine}/{order} and the order does not know.");
            }
        }

        faults.AddRange(HalfTransactions(logged, orders));
        try
        {
            await ReportAgainAsync(told);
        }
        catch (LogUnavailableException e)
        {
            // Damage that the check at opening did not meet shows at the first write.
            faults.Add($"The store takes no events any more: {e.InnerException?.Message ?? e.Message}");
        }

        foreach (var order in (await OrdersAsync()).Values)
        {
            if (!IsOnceOnly(Kinds(order)))
            {
                faults.Add($"{order.MachineId}/{order.OrderId} was decided more than once: {string.Join(", ", Kinds(order))}.");
            }
        }

        return faults;
    }

    // Log and orders are one transaction: neither may be ahead of the other.
    private static IEnumerable<string> HalfTransactions(HashSet<string> logged, Dictionary<string, Order> orders)
    {
        var applied = orders.Values.SelectMany(order => order.Envelopes).Where(envelope => envelope.Source is EventSource.Machine).Select(envelope => envelope.Event.Id.Value).ToHashSet();
        return applied.Except(logged).Select(id => $"The event {id} is in its order and not in the log.")
            .Concat(logged.Except(applied).Select(id => $"The event {id} is in the log and not in its order."));
    }

    // A machine that missed a receipt sends again; one that did not may all the same.
    private async Task ReportAgainAsync(List<string> told)
    {
        var reports = told.Where(line => line.StartsWith("R ", StringComparison.Ordinal)).Select(line => line[2..]).TakeLast(30).Select(Report);
        await Task.WhenAll(reports.Select(report => _store.Log.AppendAsync(report, TestContext.Current.CancellationToken).AsTask()));
    }

    private static Report Report(string id)
    {
        var parts = id.Split('.');
        OrderEvent body = parts[2] switch
        {
            "created" => new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("card-terminal"), 300),
            "paid" => new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{parts[0]}.{parts[1]}"), 250, Currency.Parse("EUR")),
            _ => new OrderEvent.ShipmentCompleted(),
        };
        var reported = new ReportedEvent(EventId.Parse(id), OrderId.Parse(parts[1]), body, TimeProvider.System.GetUtcNow());
        return new Report(MachineId.Parse(parts[0]), EventSource.Machine, reported, EventJson.ToBytes(reported));
    }

    private async Task<HashSet<string>> LoggedAsync()
    {
        using var export = new MemoryStream();
        await HistoryExport.WriteAsync(_folder, export, TestContext.Current.CancellationToken);
        export.Position = 0;
        using var reader = new StreamReader(export);
        var logged = new HashSet<string>();
        await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("source").GetString() == "machine")
            {
                logged.Add(json.RootElement.GetProperty("event").GetProperty("id").GetString()!);
            }
        }

        return logged;
    }

    private async Task<Dictionary<string, Order>> OrdersAsync()
    {
        var orders = new Dictionary<string, Order>();
        var query = new OrderQuery(Limit: 1_000);
        do
        {
            var page = await _store.Orders.ListAsync(query, TestContext.Current.CancellationToken);
            foreach (var order in page.Orders)
            {
                orders.Add($"{order.MachineId}/{order.OrderId}", order);
            }

            query = query with { Continuation = page.Continuation };
        }
        while (query.Continuation is not null);
        return orders;
    }

    private static List<string> Kinds(Order order) => [.. order.Decisions.Select(decision => decision.Kind)];

    private static bool IsOnceOnly(List<string> kinds) => kinds is [] or [DecisionKinds.ShipmentAllowed] or [DecisionKinds.ShipmentAllowed, DecisionKinds.TradeCompleted];
}
