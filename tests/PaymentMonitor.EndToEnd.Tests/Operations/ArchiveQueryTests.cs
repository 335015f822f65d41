using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>The questions to the archive that docs/operations.md gives, typed into a shell word for word.</summary>
public sealed partial class ArchiveQueryTests : IDisposable
{
    private const string Document = "docs/operations.md";

    private readonly string _state = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task The_documented_questions_are_answered()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The document's commands are for a POSIX shell.");
        await FillAsync();
        var questions = Question().Matches(RepositoryFile.Text(Document)).Select(match => match.Value).ToList();
        Assert.Equal(3, questions.Count);

        var revenue = await AskAsync(questions[0]);
        var reasons = await AskAsync(questions[1]);
        var waits = await AskAsync(questions[2]);

        Assert.Equal("MachineId,hour,Currency,revenue", revenue[0]);
        Assert.Matches(@"^m-1,20\d\d-\d\d-\d\dT\d\d:00:00\.000000Z,EUR,5(\.0)?$", Assert.Single(revenue[1..]));
        Assert.Equal(["reason,orders", "declined,2", "jam,1"], reasons);
        Assert.Equal("Channel,ms", waits[0]);
        Assert.Matches(@"^card-terminal,""\[\d+(\.\d+)?, \d+(\.\d+)?\]""$", Assert.Single(waits[1..]));
    }

    /// <summary>Two orders that were kept, two that were declined, and one whose goods did not come out.</summary>
    private async Task FillAsync()
    {
        await using var server = await TestServer.StartAsync();
        await using (var machine = await server.NewMachineAsync())
        {
            foreach (var order in new[] { "o-1", "o-2" })
            {
                await machine.SayAsync(order, TestMachine.Created(), TestMachine.Paid($"p-{order}"), new OrderEvent.ShipmentCompleted());
            }

            foreach (var order in new[] { "o-3", "o-4" })
            {
                await machine.SayAsync(order, TestMachine.Created(), new OrderEvent.PaymentFailed("declined"));
            }

            await machine.SayAsync("o-5", TestMachine.Created(), TestMachine.Paid("p-5"), new OrderEvent.ShipmentFailed("jam"));
        }

        var orders = server.Services.GetRequiredService<EmbeddedStore>().OrdersBetween(0, long.MaxValue, 10).Select(stored => stored.Order).ToList();
        Assert.Equal(5, orders.Count);
        var now = TimeProvider.System.GetUtcNow();
        await ArchiveFolder.In(Path.Combine(_state, "paymentmonitor")).WriteDayAsync(DateOnly.FromDateTime(now.UtcDateTime), orders.ToAsyncEnumerable(), now, TestContext.Current.CancellationToken);
    }

    private async Task<string[]> AskAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PATH"] = $"{AppContext.BaseDirectory}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
                ["XDG_STATE_HOME"] = _state,
            },
        })!;
        var output = shell.StandardOutput.ReadToEndAsync();
        var errors = shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{command}\n{await errors}");
        return (await output).TrimEnd('\n').Split('\n');
    }

    [GeneratedRegex(@"(?<=^    )paymentmonitor query ""[^""]+""", RegexOptions.Multiline)]
    private static partial Regex Question();
}
