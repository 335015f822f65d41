using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>Rules, their tests, their runbooks, the dashboard and the metrics they speak of are in step.</summary>
public sealed partial class AlertRulesTests
{
    private const string Folder = "infra/prometheus";
    private const string Rules = $"{Folder}/paymentmonitor.rules.yml";

    [Fact]
    public async Task Each_fault_raises_its_own_alert_and_no_other()
    {
        await PromtoolAsync("check", "rules", "paymentmonitor.rules.yml");
        await PromtoolAsync("test", "rules", "paymentmonitor.tests.yml");
    }

    [Fact]
    public void Each_alert_is_tested_and_has_a_runbook_that_says_what_to_do()
    {
        var rules = RepositoryFile.Text(Rules);
        var tests = RepositoryFile.Text($"{Folder}/paymentmonitor.tests.yml");
        var index = RepositoryFile.Text("docs/runbooks/README.md");
        var alerts = Alerts().Split(rules).Skip(1).ToList();

        Assert.NotEmpty(alerts);
        foreach (var alert in alerts)
        {
            var name = alert[..alert.IndexOf('\n')].Trim();
            var runbook = Runbook().Match(alert).Groups[1].Value;
            Assert.True(tests.Contains($"alertname=\"{name}\"", StringComparison.Ordinal), $"{name} is not tested.");
            Assert.True(File.Exists(RepositoryFile.PathOf(runbook)), $"{name} names the runbook '{runbook}', which is not there.");
            Assert.True(index.Contains(name, StringComparison.Ordinal), $"{name} is missing in docs/runbooks/README.md.");
            Assert.Matches("severity: (page|ticket)", alert);
            Assert.Contains("summary: ", alert, StringComparison.Ordinal);
        }

        foreach (var page in Directory.EnumerateFiles(RepositoryFile.PathOf("docs/runbooks"), "*.md").Where(page => Path.GetFileName(page) != "README.md"))
        {
            var text = File.ReadAllText(page);
            Assert.True(rules.Contains(Path.GetFileName(page), StringComparison.Ordinal), $"No alert leads to {page}.");
            Assert.All(["## What it means", "## Look at", "## Do"], heading => Assert.Contains(heading, text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(Rules)]
    [InlineData($"{Folder}/paymentmonitor.tests.yml")]
    [InlineData($"{Folder}/paymentmonitor.dashboard.json")]
    [InlineData("docs/runbooks")]
    public void Only_metrics_of_the_catalogue_are_spoken_of(string source)
    {
        var path = RepositoryFile.PathOf(source);
        var text = Directory.Exists(path) ? string.Concat(Directory.EnumerateFiles(path).Select(File.ReadAllText)) : File.ReadAllText(path);
        var known = Metric().Matches(RepositoryFile.Text(MetricsDocumentTests.Document)).Select(match => match.Value).ToHashSet();

        foreach (var name in Metric().Matches(text).Select(match => match.Value).Distinct())
        {
            Assert.True(known.Contains(Suffix().Replace(name, "")), $"{source} speaks of {name}, which {MetricsDocumentTests.Document} does not have.");
        }
    }

    private static async Task PromtoolAsync(params string[] arguments)
    {
        PrometheusServer.SkipUnlessInstalled("promtool");
        using var process = Process.Start(new ProcessStartInfo("promtool", arguments)
        {
            WorkingDirectory = RepositoryFile.PathOf(Folder),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"promtool {string.Join(' ', arguments)}:\n{await output}\n{await errors}");
    }

    [GeneratedRegex(@"- alert: ")]
    private static partial Regex Alerts();

    [GeneratedRegex(@"runbook: (\S+)")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"\bpaymentmonitor_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"_(bucket|count|sum)$")]
    private static partial Regex Suffix();
}
