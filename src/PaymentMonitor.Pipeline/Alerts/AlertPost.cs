using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace PaymentMonitor.Pipeline;

/// <summary>Posts an alert to every bot. One that does not answer does not keep it from the others.</summary>
public sealed partial class AlertPost(AlertBots bots, HttpClient http, TimeProvider time, ILogger<AlertPost> logger)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <returns>Whether it has reached somebody, or there is nobody.</returns>
    public async Task<bool> SendAsync(MonitorAlert alert, CancellationToken cancellationToken)
    {
        var sent = await Task.WhenAll(bots.Bots.Select(bot => SendAsync(bot, alert, cancellationToken)));
        return sent.Length == 0 || sent.Contains(true);
    }

    private async Task<bool> SendAsync(AlertBot bot, MonitorAlert alert, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Timeout);
            var message = BotMessage.Of(bot, alert, bots.Runbook, time.GetUtcNow());
            using var body = new StringContent(message.Body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(message.Address, body, timeout.Token);
            var text = await answer.Content.ReadAsStringAsync(timeout.Token);
            if (answer.IsSuccessStatusCode && IsTaken(text))
            {
                return true;
            }

            Log.Refused(logger, bot.Kind, (int)answer.StatusCode, text.Length <= 200 ? text : text[..200]);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Never the exception as a whole: the address, which may stand in it, is the bot's secret.
            Log.Failed(logger, bot.Kind, e.GetType().Name);
        }

        return false;
    }

    /// <summary>DingTalk, WeCom and Feishu answer 200 whatever happened, and say in the body what did.</summary>
    private static bool IsTaken(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            return json.RootElement.ValueKind != JsonValueKind.Object || (IsZero(json.RootElement, "errcode") && IsZero(json.RootElement, "code"));
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static bool IsZero(JsonElement json, string name) => !json.TryGetProperty(name, out var code) || (code.ValueKind == JsonValueKind.Number && code.GetInt64() == 0);

    private static partial class Log
    {
        [LoggerMessage(5251, LogLevel.Error, "The bot {Bot} did not take an alert: {Status} {Answer}")]
        internal static partial void Refused(ILogger logger, BotKind bot, int status, string answer);

        [LoggerMessage(5252, LogLevel.Error, "The bot {Bot} could not be reached: {Error}")]
        internal static partial void Failed(ILogger logger, BotKind bot, string error);
    }
}
