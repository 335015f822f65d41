using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace PaymentMonitor.Pipeline;

/// <summary>An alert as Azure Monitor's action groups post it: the essentials of the common alert schema.</summary>
/// <param name="Rule">The name of the alert rule.</param>
/// <param name="Severity">0 (critical) to 4 (verbose).</param>
/// <param name="IsResolved">It is over.</param>
/// <param name="Description">What happened and what to do, as the rule says it.</param>
/// <param name="At">When it fired or was resolved.</param>
/// <param name="Target">The name of the resource that it is about.</param>
public sealed record MonitorAlert(string Rule, int Severity, bool IsResolved, string Description, DateTimeOffset At, string? Target)
{
    private const string Schema = "azureMonitorCommonAlertSchema";

    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out MonitorAlert? alert)
    {
        alert = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || Text(document.RootElement, "schemaId") != Schema)
            {
                return false;
            }

            var essentials = document.RootElement.GetProperty("data").GetProperty("essentials");
            var isResolved = Text(essentials, "monitorCondition") == "Resolved";
            var time = isResolved ? Text(essentials, "resolvedDateTime") ?? Text(essentials, "firedDateTime") : Text(essentials, "firedDateTime");
            alert = new MonitorAlert(
                Text(essentials, "alertRule") ?? "unknown",
                SeverityOf(Text(essentials, "severity")),
                isResolved,
                Text(essentials, "description") ?? "",
                DateTimeOffset.TryParse(time, System.Globalization.CultureInfo.InvariantCulture, out var at) ? at : default,
                TargetOf(essentials));
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }

    private static int SeverityOf(string? text) => text is ['S', 'e', 'v', >= '0' and <= '4' and var digit] ? digit - '0' : 4;

    private static string? TargetOf(JsonElement essentials)
    {
        return essentials.TryGetProperty("alertTargetIDs", out var ids) && ids.ValueKind == JsonValueKind.Array && ids.GetArrayLength() > 0
            ? ids[0].GetString()?.Split('/')[^1]
            : null;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
