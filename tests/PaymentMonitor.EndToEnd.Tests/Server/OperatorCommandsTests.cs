using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Server;

/// <summary>What an operator does at the command line, against a running server.</summary>
public sealed class OperatorCommandsTests
{
    [Fact]
    public async Task Dead_letters_are_listed_shown_and_put_back()
    {
        await using var server = await TestServer.StartAsync();
        var at = At(server);
        await SetAsideAsync(server, "1", """{"id":"e-1","type":"order.cancelled","orderId":"o-1","time":"2026-11-23T12:00:00Z","data":{}}"""u8.ToArray());
        await SetAsideAsync(server, "2", [0xff]);

        var list = await PaymentMonitorProgram.RunAsync(["dead-letters", "list", "--reason", "not-saved", "--machine", "m-1", "--limit", "1", .. at]);
        var show = await PaymentMonitorProgram.RunAsync(["dead-letters", "show", "1", .. at]);
        var all = await PaymentMonitorProgram.RunAsync(["dead-letters", "replay", "--all", "--reason", "not-saved", .. at]);
        var again = await PaymentMonitorProgram.RunAsync(["dead-letters", "replay", "1", .. at]);
        var left = await PaymentMonitorProgram.RunAsync(["dead-letters", "list", .. at]);

        Assert.True(list.ExitCode == 0, list.Errors);
        Assert.Contains("e-1", Assert.Single(Lines(list.Output)), StringComparison.Ordinal);
        Assert.Contains("\"order.cancelled\"", show.Output, StringComparison.Ordinal);
        Assert.Equal((1, "Put back 1; 1 could not be."), (all.ExitCode, Assert.Single(Lines(all.Output))));
        Assert.Contains("unreadable", all.Errors, StringComparison.Ordinal);
        Assert.Equal((0, "Put back 1."), (again.ExitCode, Assert.Single(Lines(again.Output))));
        Assert.StartsWith("2 ", Assert.Single(Lines(left.Output)), StringComparison.Ordinal);
        Assert.Equal("o-1", (await server.OrderAsync("m-1", "o-1"))["orderId"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_order_that_waits_for_a_person_is_found_and_ended()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        await using var machine = await server.NewMachineAsync();
        var at = At(server);
        await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        time.Advance(TimeSpan.FromSeconds(121));
        await server.OrderAsync("m-1", "o-1", order => order["status"]!.GetValue<string>() == "Unresolved");

        var list = await PaymentMonitorProgram.RunAsync(["orders", "list", "--status", "Unresolved", .. at]);
        var resolve = await PaymentMonitorProgram.RunAsync(["orders", "resolve", "m-1", "o-1", "--outcome", "refunded", "--reason", "Paid back in cash.", .. at]);
        var show = await PaymentMonitorProgram.RunAsync(["orders", "show", "m-1", "o-1", .. at]);
        var again = await PaymentMonitorProgram.RunAsync(["orders", "resolve", "m-1", "o-1", "--outcome", "closed", "--reason", "Twice.", .. at]);

        Assert.Contains("o-1", Assert.Single(Lines(list.Output)), StringComparison.Ordinal);
        Assert.True(resolve.ExitCode == 0, resolve.Errors);
        Assert.Contains("Paid back in cash.", show.Output, StringComparison.Ordinal);
        Assert.Contains("\"Refunded\"", show.Output, StringComparison.Ordinal);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("not-unresolved", again.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_of_nothing_in_particular_is_no_command()
    {
        var outcome = await PaymentMonitorProgram.RunAsync(["dead-letters", "replay"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--all", outcome.Errors, StringComparison.Ordinal);
    }

    private static string[] At(TestServer server) => ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Operator)];

    private static async Task SetAsideAsync(TestServer server, string position, byte[] body)
    {
        var letter = new DeadLetter(position, "not-saved", body, MachineId: MachineId.Parse("m-1"), Source: EventSource.Machine);
        await server.Services.GetRequiredService<IDeadLetters>().SetAsideAsync(letter, TestContext.Current.CancellationToken);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
