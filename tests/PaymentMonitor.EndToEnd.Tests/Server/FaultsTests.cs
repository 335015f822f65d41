using PaymentMonitor.Pipeline;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>Everything goes wrong at once: the network, the machines, their clocks, and the server.</summary>
public sealed class FaultsTests
{
    [Fact]
    public async Task Heavy_faults_and_a_server_that_is_killed_twice_lose_and_double_nothing()
    {
        using var server = new KillableServer();
        await server.StartAsync();
        var fleet = new Fleet(new FleetOptions
        {
            Endpoint = server.Address,
            ApiKey = server.ApiKey,
            Secret = _ => DemoMachines.Secret,
            Machines = 40,
            EventsPerSecond = 80,
            Duration = TimeSpan.FromSeconds(8),
            ReconnectSpread = TimeSpan.FromSeconds(2),
            Seed = 7,
            Faults = FleetFaults.Heavy with { RestartsPerMinute = 4, Network = FleetFaults.Heavy.Network with { DropsPerMinute = 10, HalfOpensPerMinute = 2 } },
            SettleTimeout = TimeSpan.FromMinutes(2),
        });

        var running = fleet.RunAsync(TestContext.Current.CancellationToken);
        foreach (var events in new[] { 160, 400 })
        {
            await SentAsync(fleet, events, running);
            server.Kill();
            await server.StartAsync();
        }

        var report = await running;
        Assert.Empty(report.Findings);
        Assert.True(report.Passed);
        Assert.Equal(report.Events.Sent, report.Events.Receipted + report.Events.Rejected);
        Assert.True(report.Faults is { BrokenConnections: > 0, Restarts: > 0 }, $"{report.Faults}");
        Assert.True(report.Orders.Created > 20, $"{report.Orders}");
    }

    private static async Task SentAsync(Fleet fleet, int events, Task running)
    {
        while (fleet.Progress().Sent < events && !running.IsCompleted)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
