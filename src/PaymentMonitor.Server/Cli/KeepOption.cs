using System.CommandLine;
using System.Globalization;

namespace PaymentMonitor.Server;

/// <summary>How long something is kept: days, or with a suffix hours or minutes.</summary>
internal static class KeepOption
{
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Most = TimeSpan.FromDays(3_650);

    /// <returns>An option that is null when it is left out.</returns>
    internal static Option<TimeSpan?> Create(string name, string description, TimeSpan fallback) => new(name)
    {
        Description = $"{description} Days, or with 'h' and 'm' hours and minutes: 7, 36h, 90m. Left out: {fallback.TotalDays:0}.",
        HelpName = "DAYS",
        CustomParser = result =>
        {
            if (Parse(result.Tokens[0].Value) is { } keep && keep >= Least && keep <= Most)
            {
                return keep;
            }

            result.AddError($"{name} must be 1 minute to {Most.TotalDays:0} days, for example 7, 36h or 90m.");
            return null;
        },
    };

    private static TimeSpan? Parse(string text)
    {
        var (digits, unit) = text switch
        {
            [.. var minutes, 'm'] => (minutes, TimeSpan.FromMinutes(1)),
            [.. var hours, 'h'] => (hours, TimeSpan.FromHours(1)),
            _ => (text, TimeSpan.FromDays(1)),
        };
        return uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < 10_000_000 ? count * unit : null;
    }
}
