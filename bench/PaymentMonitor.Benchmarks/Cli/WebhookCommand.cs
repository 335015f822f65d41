using System.CommandLine;
using PaymentMonitor.Benchmarks.Scenarios;

namespace PaymentMonitor.Benchmarks.Cli;

/// <summary>What the delivery of webhooks carries and costs.</summary>
internal static class WebhookCommand
{
    internal static Command Create()
    {
        var repeats = new Option<int>("--repeats") { Description = "Runs of each.", DefaultValueFactory = _ => 3 };
        var command = new Command("webhooks", "Deliveries to a fast local receiver, alone and beside an endpoint that never answers: how many a second, and what they cost.") { repeats };
        command.SetAction(async (parsed, token) =>
        {
            for (var run = 0; run < parsed.GetValue(repeats); run++)
            {
                Console.WriteLine($"alone            {await WebhookDeliveries.RunAsync(withDead: false, token)}");
                Console.WriteLine($"beside a dead one {await WebhookDeliveries.RunAsync(withDead: true, token)}");
            }
        });
        return command;
    }
}
