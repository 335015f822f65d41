namespace PaymentMonitor.Pipeline;

/// <summary>A chat that alerts are posted to.</summary>
/// <param name="Address">Where the bot takes messages. It is a secret: whoever has it may post.</param>
/// <param name="Secret">With which messages are signed, where the bot asks for that.</param>
public sealed record AlertBot(BotKind Kind, Uri Address, string? Secret = null);

public enum BotKind
{
    /// <summary>Microsoft Teams: a workflow with a webhook.</summary>
    Teams,

    /// <summary>钉钉: a custom robot, signed.</summary>
    DingTalk,

    /// <summary>企业微信: a group robot; its key is in the address.</summary>
    WeCom,

    /// <summary>飞书: a custom bot, signed.</summary>
    Feishu,
}

/// <summary>Where alerts are posted, and where it says what to do about them.</summary>
/// <param name="Runbook">A page with a section for the alerts; null: the messages have no link.</param>
public sealed record AlertBots(IReadOnlyList<AlertBot> Bots, Uri? Runbook = null);
