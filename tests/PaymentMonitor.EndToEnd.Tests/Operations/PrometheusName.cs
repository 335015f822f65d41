using System.Diagnostics.Metrics;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>How OpenTelemetry's names read in Prometheus, for the kinds and units that are used here.</summary>
internal static class PrometheusName
{
    internal static string Of(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return instrument.Name.Replace('.', '_') + unit + (KindOf(instrument) == "counter" ? "_total" : "");
    }

    internal static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        "UpDownCounter" or "ObservableUpDownCounter" => "up-down counter",
        _ => "gauge",
    };
}
