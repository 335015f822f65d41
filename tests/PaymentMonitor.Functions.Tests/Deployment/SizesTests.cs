using System.Text.Json;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The sizes of a deployment follow from machines, orders and bursts; docs/deploy.md shows the same arithmetic.</summary>
public sealed class SizesTests
{
    private const double EventsPerOrder = 5;
    private const double DecisionsPerOrder = 2;

    /// <summary>The busiest ten minutes over the average of the day.</summary>
    private const double Peak = 10;

    /// <summary>How far a service is loaded.</summary>
    private const double Load = 0.7;

    private static readonly JsonElement Sizes = RepositoryFile.Json("infra/sizes.json");

    private static readonly int[] UnitsForSale = [.. Enumerable.Range(1, 10), .. Enumerable.Range(2, 9).Select(tens => tens * 10)];

    public static TheoryData<string> Names => [.. Sizes.EnumerateObject().Select(size => size.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_service_is_as_large_as_its_load_asks_for(string name)
    {
        var size = Sizes.GetProperty(name);
        var (machines, burst) = (Number(size, "machines"), Number(size, "burstEventsPerSecond"));
        var peak = machines * Number(size, "ordersPerMachineAndDay") * EventsPerOrder / 86_400 * Peak;
        var zones = size.GetProperty("zoneRedundant").GetBoolean();
        Assert.InRange(peak, 0, burst);

        // A unit of Web PubSub: 1,000 connections, 500 calls upstream a second (each machine syncs once a minute), 180 pushes a second
        // (each decision is pushed by the entity and by the change feed).
        var pushes = burst / EventsPerOrder * DecisionsPerOrder * 2;
        var units = new[] { machines / 1_000, (burst + (machines / 60)) / 500, pushes / 180 }.Max(full => RoundUp(full / Load));
        Assert.Equal(UnitsForSale.First(sold => sold >= units), Number(size, "webPubSubUnits"));

        // A throughput unit of Event Hubs: 1,000 events a second.
        Assert.Equal(RoundUp(peak / 1_000 / Load), Number(size, "eventHubsUnits"));
        Assert.Equal(RoundUp(burst / 1_000 / Load), Number(size, "eventHubsUnitsMax"));

        // About 30 request units for an event with all that follows from it; in steps of 1,000.
        Assert.Equal(RoundUp(burst * 30 / 0.85 / 1_000) * 1_000, Number(size, "cosmosMaxThroughput"));

        // Two actions an event, of 500 a second for Consumption and 2,000 for a capacity unit; three units are needed for zones.
        var isDedicated = zones || burst * 2 > 500 * Load;
        Assert.Equal(isDedicated ? "Dedicated" : "Consumption", size.GetProperty("durableTaskSku").GetString());
        Assert.Equal(isDedicated ? Math.Max(3, RoundUp(burst * 2 / 2_000 / Load)) : 0, Number(size, "durableTaskCapacity"));

        Assert.Equal(Math.Max(zones ? 2 : 1, RoundUp(peak / 1_000 / Load)), Number(size, "instancesReady"));
        Assert.Equal(Math.Max(40, RoundUp(burst / 20)), Number(size, "instancesMax"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_documents_show_the_same_sizes(string name)
    {
        var size = Sizes.GetProperty(name);
        var row = RepositoryFile.Text("docs/deploy.md").Split('\n').Single(line => line.StartsWith($"| `{name}` |", StringComparison.Ordinal));
        var numbers = row.Split('|', StringSplitOptions.TrimEntries).Skip(2).Select(cell => cell.Replace(",", "", StringComparison.Ordinal)).ToList();

        string[] columns = ["machines", "burstEventsPerSecond", "webPubSubUnits", "eventHubsUnits", "eventHubsUnitsMax", "cosmosMaxThroughput", "durableTaskCapacity", "instancesReady", "instancesMax"];
        Assert.Equal(columns.Select(column => $"{Number(size, column)}"), numbers.Take(columns.Length));
    }

    [Fact]
    public void The_parameter_takes_exactly_these_sizes()
    {
        var allowed = Bicep.Template.GetProperty("parameters").GetProperty("size").GetProperty("allowedValues").EnumerateArray().Select(value => value.GetString());

        Assert.Equal(Sizes.EnumerateObject().Select(size => size.Name).Order(StringComparer.Ordinal), allowed.Order(StringComparer.Ordinal));
    }

    private static double Number(JsonElement size, string name) => size.GetProperty(name).GetDouble();

    private static double RoundUp(double value) => Math.Max(1, Math.Ceiling(Math.Round(value, 6)));
}
