using System.Net;
using System.Net.Sockets;
using PaymentMonitor.EndToEnd.Tests.Server;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>What the doctor finds, and what it says to do.</summary>
public sealed class DoctorTests : IDisposable
{
    private static readonly Dictionary<string, string> Nothing = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_fresh_folder_and_a_free_port_are_well()
    {
        var outcome = await PaymentMonitorProgram.RunAsync("doctor", "--data", _folder, "--urls", "http://127.0.0.1:0");

        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Errors);
        Assert.Contains("data folder", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("BROKEN", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_is_asked_whether_it_is_healthy()
    {
        await using var server = await TestServer.StartAsync();

        var findings = await FindAsync(server.Folder, "http://127.0.0.1:0", Nothing);

        Assert.Equal(Health.Well, findings["server"].Health);
        Assert.Equal(Health.Well, findings["store"].Health);
        Assert.DoesNotContain(findings.Values, finding => finding.Health == Health.Ill);
    }

    [Fact]
    public async Task Each_broken_thing_is_named_with_its_remedy()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await File.WriteAllTextAsync(Path.Combine(_folder, "paymentmonitor.db"), new string('x', 8_192), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "api-keys.json"), "{", TestContext.Current.CancellationToken);
        var environment = new Dictionary<string, string>
        {
            ["PAYMENTMONITOR_PROVIDER_SECRET"] = "nonsense",
            ["PAYMENTMONITOR_PROVIDER_URL"] = "http://127.0.0.1:9",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "nonsense",
        };

        var findings = await FindAsync(_folder, $"http://{other.LocalEndpoint}", environment);

        Assert.All(["callbacks", "telemetry settings", "API keys", "store", "ports", "payment provider"], about =>
        {
            Assert.Equal(Health.Ill, findings[about].Health);
            Assert.NotEmpty(findings[about].Remedy!);
        });
    }

    [Theory]
    [InlineData(50_000_000_000, 100_000_000_000, nameof(Health.Well))]
    [InlineData(4_000_000_000, 100_000_000_000, nameof(Health.Ill))]
    [InlineData(5_100_000_000, 100_000_000_000, nameof(Health.Doubtful))]
    [InlineData(400_000_000, 1_000_000_000, nameof(Health.Ill))]
    [InlineData(100_000_000_000, 4_000_000_000_000, nameof(Health.Ill))]
    public void A_disk_is_well_while_it_has_room(long freeBytes, long sizeBytes, string health)
    {
        Assert.Equal(health, FolderChecks.Disk(freeBytes, sizeBytes).Health.ToString());
    }

    [Fact]
    public async Task Status_shows_the_fleet_of_a_running_server()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();
        await machine.SayAsync("o-1", TestMachine.Created());

        var status = await PaymentMonitorProgram.RunAsync("status", "--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Reader));

        Assert.True(status.ExitCode == 0, status.Output + status.Errors);
        Assert.Contains("1 of 1 connected, 0 silent, 0 in trouble", status.Output, StringComparison.Ordinal);
        Assert.Contains("created 1", status.Output, StringComparison.Ordinal);
        Assert.Contains("for you    nothing", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_without_a_server_says_so()
    {
        var status = await PaymentMonitorProgram.RunAsync("status", "--data", _folder);

        Assert.Equal(3, status.ExitCode);
        Assert.StartsWith("error: no-server: ", status.Errors, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, Finding>> FindAsync(string folder, string urls, Dictionary<string, string> environment)
    {
        var findings = new Dictionary<string, Finding>();
        await foreach (var finding in new Checkup(folder, urls, environment, TimeProvider.System).RunAsync(TestContext.Current.CancellationToken))
        {
            findings[finding.About] = finding;
        }

        return findings;
    }
}
