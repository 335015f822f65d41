using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace PaymentMonitor.Functions.Tests;

public sealed class InfrastructureTests
{
    [Theory]
    [InlineData("build", "infra/main.bicep", "--stdout")]
    [InlineData("lint", "infra/main.bicep")]
    [InlineData("build", "infra/eventHandler.bicep", "--stdout")]
    [InlineData("lint", "infra/eventHandler.bicep")]
    public void The_infrastructure_compiles_and_is_linted_without_a_warning(string command, string file, params string[] options)
    {
        var (exitCode, _, complaints) = Bicep.Run(command, file, options);

        Assert.Equal("", complaints);
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("Microsoft.DocumentDB/databaseAccounts", "disableLocalAuth", true)]
    [InlineData("Microsoft.EventHub/namespaces", "disableLocalAuth", true)]
    [InlineData("Microsoft.Insights/components", "DisableLocalAuth", true)]
    [InlineData("Microsoft.SignalRService/webPubSub", "disableLocalAuth", true)]
    [InlineData("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", false)]
    public void Nothing_can_be_used_with_a_key(string type, string property, bool value)
    {
        var (resource, _) = Assert.Single(Bicep.Resources(type));

        Assert.Equal(value, resource.GetProperty("properties").GetProperty(property).GetBoolean());
    }

    [Fact]
    public void A_metric_in_an_alert_or_a_picture_is_one_that_is_emitted()
    {
        var named = Regex.Matches(RepositoryFile.Text("infra/workbook.json") + RepositoryFile.Text("infra/modules/alerts.bicep"), "name == \\\\?\"(?<name>[a-z_.]+)").Select(match => match.Groups["name"].Value).Distinct().ToList();
        var ours = string.Join('\n', Directory.EnumerateFiles(RepositoryFile.PathOf("src/PaymentMonitor.Pipeline"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        using var runtime = new RuntimeInstruments();

        Assert.True(named.Count > 8);
        Assert.All(named, name => Assert.True(name.StartsWith("dotnet.", StringComparison.Ordinal) ? runtime.Names.Contains(name) : ours.Contains($"\"{name}\"", StringComparison.Ordinal), $"Nothing emits {name}."));
    }

    [Fact]
    public void An_alert_has_its_line_in_the_runbook()
    {
        var alerts = Regex.Matches(RepositoryFile.Text("infra/modules/alerts.bicep"), "(?m)^    name: '(?<name>[a-z-]+)'").Select(match => match.Groups["name"].Value).ToList();

        Assert.True(alerts.Count > 15);
        Assert.All(alerts, alert => Assert.Contains($"`{alert}`", RepositoryFile.Text("docs/deploy.md")));
    }

    [Theory]
    [InlineData("Microsoft.EventHub/namespaces")]
    [InlineData("Microsoft.DocumentDB/databaseAccounts")]
    [InlineData("Microsoft.Storage/storageAccounts")]
    [InlineData("Microsoft.SignalRService/webPubSub")]
    [InlineData("Microsoft.Web/sites")]
    public void What_a_service_says_of_itself_goes_to_the_workspace(string type)
    {
        Assert.Contains(
            Bicep.Resources("Microsoft.Insights/diagnosticSettings"),
            found => found.Resource.GetProperty("scope").GetString()!.Contains(type, StringComparison.Ordinal));
    }

    /// <summary>The instruments of the runtime itself, which are there once somebody listens.</summary>
    private sealed class RuntimeInstruments : IDisposable
    {
        private readonly MeterListener _listener = new();

        internal RuntimeInstruments()
        {
            _listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "System.Runtime")
                {
                    Names.Add(instrument.Name);
                }
            };
            _listener.Start();
        }

        internal HashSet<string> Names { get; } = [];

        public void Dispose() => _listener.Dispose();
    }

    [Fact]
    public void Rights_are_given_on_the_resource_that_they_are_for()
    {
        var grants = Bicep.Resources("Microsoft.Authorization/roleAssignments").ToList();

        Assert.NotEmpty(grants);
        Assert.All(grants, grant => Assert.True(grant.Resource.TryGetProperty("scope", out _)));
    }
}
