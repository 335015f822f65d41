using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// An alert in the words of a bot: the address with what its signature adds, and the body. Teams takes an Adaptive Card, the others
/// Markdown of their own kinds; each names the alert, how severe it is, what to do, and where that is described.
/// </summary>
public sealed record BotMessage(Uri Address, string Body)
{
    /// <summary>What the strictest of them (WeCom) takes as Markdown is 4,096 bytes; a description is cut before that.</summary>
    private const int DescriptionMax = 1_000;

    public static BotMessage Of(AlertBot bot, MonitorAlert alert, Uri? runbook, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(bot);
        ArgumentNullException.ThrowIfNull(alert);
        return bot.Kind switch
        {
            BotKind.Teams => new BotMessage(bot.Address, Teams(alert, runbook).ToJsonString()),
            BotKind.DingTalk => new BotMessage(SignedDingTalk(bot, now), DingTalk(alert, runbook).ToJsonString()),
            BotKind.WeCom => new BotMessage(bot.Address, WeCom(alert, runbook).ToJsonString()),
            BotKind.Feishu => new BotMessage(bot.Address, Feishu(bot, alert, runbook, now).ToJsonString()),
            _ => throw new ArgumentOutOfRangeException(nameof(bot), bot.Kind, "It is no bot that is known."),
        };
    }

    private static JsonObject Teams(MonitorAlert alert, Uri? runbook)
    {
        var card = new JsonObject
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.4",
            ["body"] = new JsonArray(
                new JsonObject { ["type"] = "TextBlock", ["text"] = Title(alert), ["weight"] = "Bolder", ["size"] = "Medium", ["wrap"] = true, ["color"] = alert.IsResolved ? "Good" : alert.Severity <= 1 ? "Attention" : "Warning" },
                new JsonObject { ["type"] = "FactSet", ["facts"] = new JsonArray([.. Facts(alert).Select(fact => new JsonObject { ["title"] = fact.Name, ["value"] = fact.Value })]) },
                new JsonObject { ["type"] = "TextBlock", ["text"] = Description(alert), ["wrap"] = true }),
        };
        if (runbook is not null)
        {
            card["actions"] = new JsonArray(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = "What to do", ["url"] = runbook.AbsoluteUri });
        }

        return new JsonObject
        {
            ["type"] = "message",
            ["attachments"] = new JsonArray(new JsonObject { ["contentType"] = "application/vnd.microsoft.card.adaptive", ["contentUrl"] = null, ["content"] = card }),
        };
    }

    private static JsonObject DingTalk(MonitorAlert alert, Uri? runbook) => new()
    {
        ["msgtype"] = "markdown",
        ["markdown"] = new JsonObject { ["title"] = Title(alert), ["text"] = $"### {Title(alert)}\n\n{Markdown(alert, runbook)}" },
    };

    private static JsonObject WeCom(MonitorAlert alert, Uri? runbook) => new()
    {
        ["msgtype"] = "markdown",
        ["markdown"] = new JsonObject { ["content"] = $"### <font color=\"{(alert.IsResolved ? "info" : "warning")}\">{Title(alert)}</font>\n{Markdown(alert, runbook)}" },
    };

    private static JsonObject Feishu(AlertBot bot, MonitorAlert alert, Uri? runbook, DateTimeOffset now)
    {
        var message = new JsonObject
        {
            ["msg_type"] = "interactive",
            ["card"] = new JsonObject
            {
                ["header"] = new JsonObject
                {
                    ["title"] = new JsonObject { ["tag"] = "plain_text", ["content"] = Title(alert) },
                    ["template"] = alert.IsResolved ? "green" : alert.Severity <= 1 ? "red" : "orange",
                },
                ["elements"] = new JsonArray(new JsonObject { ["tag"] = "markdown", ["content"] = Markdown(alert, runbook) }),
            },
        };
        if (bot.Secret is { } secret)
        {
            // Feishu signs nothing with a key made of both.
            var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            message["timestamp"] = timestamp;
            message["sign"] = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes($"{timestamp}\n{secret}"), ReadOnlySpan<byte>.Empty));
        }

        return message;
    }

    private static Uri SignedDingTalk(AlertBot bot, DateTimeOffset now)
    {
        if (bot.Secret is not { } secret)
        {
            return bot.Address;
        }

        var timestamp = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var sign = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}\n{secret}")));
        var joiner = bot.Address.Query.Length == 0 ? '?' : '&';
        return new Uri($"{bot.Address.AbsoluteUri}{joiner}timestamp={timestamp}&sign={Uri.EscapeDataString(sign)}");
    }

    private static string Title(MonitorAlert alert) => alert.IsResolved ? $"Over: {alert.Rule}" : $"Sev{alert.Severity}: {alert.Rule}";

    private static string Description(MonitorAlert alert) =>
        alert.Description.Length <= DescriptionMax ? alert.Description : alert.Description[..DescriptionMax] + "…";

    private static IEnumerable<(string Name, string Value)> Facts(MonitorAlert alert)
    {
        yield return ("Severity", $"Sev{alert.Severity}");
        yield return (alert.IsResolved ? "Over since" : "Since", alert.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        if (alert.Target is { } target)
        {
            yield return ("Resource", target);
        }
    }

    private static string Markdown(MonitorAlert alert, Uri? runbook)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in Facts(alert))
        {
            text.Append(name).Append(": ").Append(value).Append("\n\n");
        }

        text.Append(Description(alert));
        return runbook is null ? text.ToString() : text.Append("\n\n[What to do](").Append(runbook.AbsoluteUri).Append(')').ToString();
    }
}
