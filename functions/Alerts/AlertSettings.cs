using Microsoft.Extensions.Configuration;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>The bots that alerts are posted to. All optional; their addresses are secrets.</summary>
internal static class AlertSettings
{
    /// <summary>With which the action group may post alerts.</summary>
    internal const string Key = "Alerts:key";

    internal const string Runbook = "Alerts:runbook";
    internal const string Teams = "Alerts:teams";
    internal const string DingTalk = "Alerts:dingTalk";
    internal const string DingTalkSecret = "Alerts:dingTalkSecret";
    internal const string WeCom = "Alerts:weCom";
    internal const string Feishu = "Alerts:feishu";
    internal const string FeishuSecret = "Alerts:feishuSecret";

    /// <returns>Null where there is none.</returns>
    internal static AlertBots? Read(IConfiguration settings, List<string> wrong)
    {
        AlertBot?[] bots =
        [
            Bot(settings, BotKind.Teams, Teams, null, wrong),
            Bot(settings, BotKind.DingTalk, DingTalk, DingTalkSecret, wrong),
            Bot(settings, BotKind.WeCom, WeCom, null, wrong),
            Bot(settings, BotKind.Feishu, Feishu, FeishuSecret, wrong),
        ];
        if (!bots.Any(bot => bot is not null))
        {
            return null;
        }

        if (settings[Key] is not { Length: >= 16 })
        {
            wrong.Add("'Alerts__key' must be a random text of 16 characters or more where a bot is set");
        }

        return new AlertBots([.. bots.OfType<AlertBot>()], AppSettings.ReadAddress(settings, Runbook, wrong));
    }

    private static AlertBot? Bot(IConfiguration settings, BotKind kind, string address, string? secret, List<string> wrong)
    {
        var signsWith = secret is not null && settings[secret] is { Length: > 0 } text ? text : null;
        return AppSettings.ReadAddress(settings, address, wrong) is { } uri ? new AlertBot(kind, uri, signsWith) : null;
    }
}
