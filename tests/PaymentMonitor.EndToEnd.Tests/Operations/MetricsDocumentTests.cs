using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;
using PaymentMonitor.Tests.Server;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>The catalogue of metrics comes from the instruments of a running server: run with UPDATE_DOCS=1 to write it anew.</summary>
public sealed class MetricsDocumentTests
{
    internal const string Document = "docs/metrics.md";
    private const string Begin = "<!-- metrics: begin -->\n";
    private const string End = "<!-- metrics: end -->";

    [Fact]
    public async Task The_catalogue_is_what_a_server_measures()
    {
        var table = Table(await InstrumentsAsync());
        var text = RepositoryFile.Text(Document);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(RepositoryFile.PathOf(Document), text[..from] + table + text[to..]);
        }
        else
        {
            Assert.True(table == text[from..to], $"{Document} is not in step; run this test with UPDATE_DOCS=1.\n{table}");
        }
    }

    [Fact]
    public async Task What_the_document_says_of_the_runtime_and_the_web_server_is_there_to_be_scraped()
    {
        var text = RepositoryFile.Text(Document);
        var table = text[text.IndexOf("<!-- runtime: begin -->", StringComparison.Ordinal)..text.IndexOf("<!-- runtime: end -->", StringComparison.Ordinal)];
        var names = table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]).ToList();
        await using var server = await ServeProcess.StartAsync();
        await using var machine = await server.ConnectAsync("m-1");

        Assert.True(names.Count > 5);
        foreach (var name in names)
        {
            await server.MetricAsync(name, value => value > 0);
        }
    }

    [Fact]
    public async Task No_metric_can_grow_with_the_number_of_machines_or_orders()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("PaymentMonitor.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        Listen<long>(listener, keys);
        Listen<int>(listener, keys);
        Listen<double>(listener, keys);
        listener.Start();
        await using var server = await TestServer.StartAsync();
        await using (var machine = await server.NewMachineAsync("m-not-a-label"))
        {
            await machine.SayAsync("o-not-a-label", TestMachine.Created(), TestMachine.Paid("p-not-a-label"), TestMachine.Created(amount: 1));
            await machine.NextDecisionAsync();
        }

        listener.RecordObservableInstruments();

        Assert.NotEmpty(keys);
        Assert.DoesNotContain(keys, value => value.Contains("not-a-label", StringComparison.Ordinal));
    }

    private static void Listen<T>(MeterListener listener, HashSet<string> values) where T : struct
    {
        listener.SetMeasurementEventCallback<T>((_, _, tags, _) =>
        {
            lock (values)
            {
                foreach (var (_, value) in tags)
                {
                    values.Add(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
                }
            }
        });
    }

    private static async Task<List<Instrument>> InstrumentsAsync()
    {
        var instruments = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (instruments)
                {
                    instruments.Add(instrument);
                }
            },
        };
        listener.Start();
        var folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-");
        var options = new ServeOptions
        {
            Data = folder.FullName,
            Urls = "http://127.0.0.1:0",
            Quiet = true,
            ProviderSecret = WebhookSecret.Generate(),
            Provider = new PaymentProviderOptions { Address = new Uri("http://127.0.0.1:9") },
        };
        IMeterFactory factory;
        await using (var server = await ServerApp.StartAsync(options, TestContext.Current.CancellationToken, builder => builder.Logging.ClearProviders()))
        {
            factory = server.Services.GetRequiredService<IMeterFactory>();
            // Made when the first callback comes.
            server.Services.GetRequiredService<ProviderIntake>();
        }

        folder.Delete(recursive: true);
        lock (instruments)
        {
            return [.. instruments.Where(instrument => ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name.StartsWith("PaymentMonitor.", StringComparison.Ordinal))];
        }
    }

    private static string Table(IEnumerable<Instrument> instruments)
    {
        var table = new StringBuilder("| metric | in Prometheus | kind | unit | |\n|---|---|---|---|---|\n");
        foreach (var instrument in instruments.DistinctBy(instrument => instrument.Name).OrderBy(instrument => instrument.Name, StringComparer.Ordinal))
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{instrument.Name}` | `{PrometheusName.Of(instrument)}` | {PrometheusName.KindOf(instrument)} | {instrument.Unit} | {instrument.Description} |\n");
        }

        return table.ToString();
    }
}
