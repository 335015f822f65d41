using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Simulator;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>The recorded history is the whole truth: the rules make the same of it again.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task A_replay_of_the_export_gives_the_orders_and_decisions_of_the_live_system()
    {
        await using var server = await TestServer.StartAsync(demoCredentials: true);
        var fleet = new Fleet(new FleetOptions
        {
            Endpoint = server.Address,
            ApiKey = server.NewKey(Roles.Operator),
            Secret = _ => DemoMachines.Secret,
            Machines = 20,
            EventsPerSecond = 100,
            Duration = TimeSpan.FromSeconds(4),
        });
        var report = await fleet.RunAsync(TestContext.Current.CancellationToken);
        Assert.Empty(report.Findings);

        // Timers go on firing. What the API shows between two equal exports belongs to them.
        string history;
        List<string> live;
        do
        {
            history = await ExportAsync(server.Folder);
            live = await LiveAsync(server);
        }
        while (history != await ExportAsync(server.Folder));

        var replayed = Replay.Run(history.Split('\n'), OrderOptions.Default);

        Assert.True(live.Count >= 20, $"Only {live.Count} orders.");
        Assert.Contains(live, order => order.Contains("Completed", StringComparison.Ordinal));
        Assert.Equal(live, replayed.Orders.Select(Line).Order(StringComparer.Ordinal));
    }

    private static async Task<string> ExportAsync(string folder)
    {
        using var output = new MemoryStream();
        await HistoryExport.WriteAsync(folder, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static async Task<List<string>> LiveAsync(TestServer server)
    {
        var orders = new List<string>();
        for (var next = "/api/orders?limit=1000"; next is not null;)
        {
            var page = await server.GetAsync(next);
            orders.AddRange(page["items"]!.AsArray().Select(order => Line(order!)));
            next = page["continuation"] is { } continuation ? $"/api/orders?limit=1000&continuation={continuation}" : null;
        }

        orders.Sort(StringComparer.Ordinal);
        return orders;
    }

    private static string Line(JsonNode order)
    {
        var decisions = order["decisions"]!.AsArray().Select(d => Line(
            d!["version"]!.GetValue<int>(), d["kind"]!.GetValue<string>(), d["reason"]!.GetValue<string>(), d["decidedAt"]!.GetValue<DateTimeOffset>()));
        return $"{order["machineId"]} {order["orderId"]} {order["status"]}: {string.Join(", ", decisions)}";
    }

    private static string Line(ReplayedOrder order)
    {
        var decisions = order.Decisions.Select(d => Line(d.Version, d.Kind, d.Reason, d.DecidedAt));
        return $"{order.MachineId} {order.OrderId} {order.Status}: {string.Join(", ", decisions)}";
    }

    private static string Line(int version, string kind, string reason, DateTimeOffset decidedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{version} {kind} ({reason}) at {decidedAt.UtcDateTime:O}");
}
