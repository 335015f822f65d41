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

    [Fact]
    public async Task The_kill_switch_is_thrown_and_taken_back_with_a_reason()
    {
        await using var server = await TestServer.StartAsync();
        var at = At(server);

        var stop = await PaymentMonitorProgram.RunAsync(["risk", "stop", "--machine", "m-1", "--reason", "Incident 4711", .. at]);
        var list = await PaymentMonitorProgram.RunAsync(["risk", "list", .. at]);
        var resume = await PaymentMonitorProgram.RunAsync(["risk", "resume", "--machine", "m-1", "--reason", "Fixed", .. at]);
        var again = await PaymentMonitorProgram.RunAsync(["risk", "resume", "--machine", "m-1", "--reason", "Fixed", .. at]);
        var history = await PaymentMonitorProgram.RunAsync(["risk", "history", .. at]);

        Assert.True(stop.ExitCode == 0, stop.Errors);
        Assert.Contains("Incident 4711", Assert.Single(Lines(list.Output)), StringComparison.Ordinal);
        Assert.Equal((0, "resume: machine m-1"), (resume.ExitCode, Assert.Single(Lines(resume.Output))));
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("unknown-entry", again.Errors, StringComparison.Ordinal);
        Assert.Equal(["removed", "set"], Lines(history.Output).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]));
    }

    [Fact]
    public async Task A_list_is_imported_as_a_whole_or_not_at_all()
    {
        await using var server = await TestServer.StartAsync();
        var at = At(server);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.csv");
        await File.WriteAllTextAsync(file, "machine,m-17\ncoupon,SPRING25\n", TestContext.Current.CancellationToken);

        var import = await PaymentMonitorProgram.RunAsync(["risk", "import", file, "--reason", "Weekly list", .. at]);
        await File.WriteAllTextAsync(file, "machine,m-18\nplanet,mars\n", TestContext.Current.CancellationToken);
        var wrong = await PaymentMonitorProgram.RunAsync(["risk", "import", file, "--reason", "Weekly list", .. at]);
        var list = await PaymentMonitorProgram.RunAsync(["risk", "list", .. at]);
        File.Delete(file);

        Assert.Equal((0, "Imported 2 entries."), (import.ExitCode, Assert.Single(Lines(import.Output))));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("wrong-line", wrong.Errors, StringComparison.Ordinal);
        Assert.Equal(2, Lines(list.Output).Length);
    }

    [Fact]
    public async Task What_is_missing_of_a_machines_reports_is_shown()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        var at = At(server);
        var progress = new MachineProgress(MachineId.Parse("m-1"));
        foreach (var seq in new[] { 1, 4 })
        {
            progress.Note(new ReportedEvent(Contracts.EventId.Parse($"e-{seq}"), OrderId.Parse("o-1"), new OrderEvent.PaymentStarted(), time.GetUtcNow(), Boot: 7, Seq: seq), time.GetUtcNow());
        }

        Assert.True(await server.Services.GetRequiredService<IMachineProgress>().TryWriteAsync(progress, TestContext.Current.CancellationToken));

        var shown = await PaymentMonitorProgram.RunAsync(["machines", "progress", "m-1", .. at]);
        var unknown = await PaymentMonitorProgram.RunAsync(["machines", "progress", "m-2", .. at]);

        Assert.True(shown.ExitCode == 0, shown.Errors);
        Assert.Equal(2, Lines(shown.Output).Length);
        Assert.StartsWith("seen     boot 7, up to 1,", Lines(shown.Output)[0], StringComparison.Ordinal);
        Assert.StartsWith("missing  boot 7, 2 to 3, since", Lines(shown.Output)[1], StringComparison.Ordinal);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("unknown-progress", unknown.Errors, StringComparison.Ordinal);
    }

    private static string[] At(TestServer server) => ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Operator)];

    private static async Task SetAsideAsync(TestServer server, string position, byte[] body)
    {
        var letter = new DeadLetter(position, "not-saved", body, MachineId: MachineId.Parse("m-1"), Source: EventSource.Machine);
        await server.Services.GetRequiredService<IDeadLetters>().SetAsideAsync(letter, TestContext.Current.CancellationToken);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
