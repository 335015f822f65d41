using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using PaymentMonitor.Testing;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>A real Prometheus with the rules of the repository, which looks five times a second and, unless told otherwise, waits for nothing.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly HttpClient _http;

    private PrometheusServer(Process process, DirectoryInfo folder, Uri address)
    {
        (_process, _folder) = (process, folder);
        _http = new HttpClient { BaseAddress = address };
    }

    internal static void SkipUnlessInstalled(string program)
    {
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
        Assert.SkipUnless(isThere, $"{program} is not installed: apt-get install prometheus");
    }

    /// <param name="waits">A condition must hold as long as the rules say before it alerts.</param>
    internal static PrometheusServer Start(Uri target, string key, bool waits = false)
    {
        SkipUnlessInstalled("prometheus");
        var folder = Directory.CreateTempSubdirectory("paymentmonitor-prometheus-");
        File.WriteAllText(Path.Combine(folder.FullName, "key"), key);
        var settings = RepositoryFile.Text("infra/prometheus/prometheus.yml")
            .Replace("15s", "200ms", StringComparison.Ordinal)
            .Replace("/etc/prometheus/paymentmonitor.key", Path.Combine(folder.FullName, "key"), StringComparison.Ordinal)
            .Replace("127.0.0.1:8080", target.Authority, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.FullName, "prometheus.yml"), settings);
        var rules = RepositoryFile.Text("infra/prometheus/paymentmonitor.rules.yml");
        File.WriteAllText(Path.Combine(folder.FullName, "paymentmonitor.rules.yml"), waits ? rules : Wait().Replace(rules, ""));
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var process = Process.Start(new ProcessStartInfo(
            "prometheus",
            [$"--config.file={Path.Combine(folder.FullName, "prometheus.yml")}", $"--storage.tsdb.path={Path.Combine(folder.FullName, "data")}", $"--web.listen-address={address.Authority}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new PrometheusServer(process, folder, address);
    }

    /// <summary>Asks until the answer is as expected: the names of the alerts that fire.</summary>
    internal Task<string[]> AlertsAsync(Predicate<string[]> isSo) => UntilAsync("/api/v1/alerts", isSo, answer =>
    [
        .. answer.GetProperty("data").GetProperty("alerts").EnumerateArray()
            .Where(alert => alert.GetProperty("state").GetString() == "firing")
            .Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!).Distinct().Order(StringComparer.Ordinal),
    ]);

    /// <summary>Asks until the answer is as expected: the values of an instant query.</summary>
    internal Task<string[]> QueryAsync(string query, Predicate<string[]> isSo) => UntilAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", isSo, answer =>
        [.. answer.GetProperty("data").GetProperty("result").EnumerateArray().Select(sample => sample.GetProperty("value")[1].GetString()!)]);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<string[]> UntilAsync(string path, Predicate<string[]> isSo, Func<JsonElement, string[]> read)
    {
        using var guard = new CancellationTokenSource(Guard);
        string[] last = [];
        while (true)
        {
            try
            {
                last = read(await _http.GetFromJsonAsync<JsonElement>(path, guard.Token));
                if (isSo(last))
                {
                    return last;
                }
            }
            catch (HttpRequestException)
            {
                // It is still starting.
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{path} stayed at [{string.Join(", ", last)}].");
            }

            await Task.Delay(100);
        }
    }

    [GeneratedRegex(@"^ +for: \S+\n", RegexOptions.Multiline)]
    private static partial Regex Wait();
}
