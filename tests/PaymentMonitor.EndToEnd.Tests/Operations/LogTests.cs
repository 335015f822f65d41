using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>What the log says, how, and what it never says.</summary>
public sealed partial class LogTests
{
    [Theory]
    [InlineData("the back end", "src/PaymentMonitor.Api", "src/PaymentMonitor.Azure", "src/PaymentMonitor.Pipeline", "src/PaymentMonitor.Server", "functions")]
    [InlineData("the SDK", "src/PaymentMonitor.Machine")]
    public void The_ids_of_log_events_are_unique(string program, params string[] folders)
    {
        var ids = new Dictionary<int, string>();
        foreach (var file in folders.SelectMany(folder => Directory.EnumerateFiles(RepositoryFile.PathOf(folder), "*.cs", SearchOption.AllDirectories)))
        {
            if (file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var id in EventId().Matches(File.ReadAllText(file)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)))
            {
                Assert.True(ids.TryAdd(id, file), $"In {program}, event id {id} is in {file} and in {ids.GetValueOrDefault(id)}.");
            }
        }

        Assert.NotEmpty(ids);
    }

    [Fact]
    public async Task A_run_says_nothing_secret_and_is_JSON_where_that_is_asked_for()
    {
        var secret = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await using var server = await ServeProcess.StartAsync(new Dictionary<string, string>
        {
            ["PAYMENTMONITOR_PROVIDER_SECRET"] = secret,
            ["Logging__LogLevel__Default"] = "Trace",
            ["Logging__LogLevel__Microsoft"] = "Trace",
        });
        await using (var machine = await server.ConnectAsync("m-1"))
        {
            await machine.SayAsync("o-1", TestMachine.Created());
        }

        var token = await SellAsync(server.Address, server.OperatorKey);

        var lines = await server.KillAsync();

        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        Assert.All([server.OperatorKey, token, DemoMachines.Secret, secret], hidden =>
        {
            Assert.True(hidden.Length > 20);
            Assert.DoesNotContain(lines, line => line.Contains(hidden, StringComparison.Ordinal));
        });
    }

    /// <returns>The token of the connection, which went through the query.</returns>
    private static async Task<string> SellAsync(Uri address, string key)
    {
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var answer = await http.PostAsync("/api/ops/negotiate", null);
        var way = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var token = way.GetProperty("token").GetString()!;
        using var page = await TestClient.ConnectAsync(new Uri($"{way.GetProperty("url").GetString()}?access_token={token}"));
        await page.SendEventAsync("order", "{\"id\":1}", ackId: 1);
        await page.ReadAsync();
        (await http.GetAsync("/api/orders/m-1/none")).Dispose();
        (await http.GetAsync($"/api/nothing?access_token={token}")).Dispose();
        return token;
    }

    [GeneratedRegex(@"LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex EventId();
}
