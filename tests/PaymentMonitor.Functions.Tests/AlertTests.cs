using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions.Tests;

/// <summary>Alerts of Azure Monitor on their way to chats, against a receiver that is really there.</summary>
public sealed class AlertTests : IAsyncLifetime
{
    private const string Key = "a-key-of-the-action-group";

    // As documented for a metric alert and for a log search alert: learn.microsoft.com, "Common alert schema".
    private const string Fired = """
        {"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{
          "alertId":"/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/1","alertRule":"log-throttled-abc","severity":"Sev1","signalType":"Metric",
          "monitorCondition":"Fired","monitoringService":"Platform","alertTargetIDs":["/subscriptions/s/resourcegroups/g/providers/microsoft.eventhub/namespaces/evhns-abc"],
          "originAlertId":"o","firedDateTime":"2026-11-23T12:00:00.1234567Z","description":"Event Hubs refuses events: raise eventHubsUnitsMax.","essentialsVersion":"1.0","alertContextVersion":"1.0"},
          "alertContext":{"conditionType":"SingleResourceMultipleMetricCriteria"}}}
        """;

    private const string Resolved = """
        {"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{"alertRule":"canary-absent","severity":"Sev0","monitorCondition":"Resolved",
          "firedDateTime":"2026-11-23T12:00:00Z","resolvedDateTime":"2026-11-23T12:20:00Z","description":"The canary has not sold."},"alertContext":{}}}
        """;

    private static readonly Uri Runbook = new("https://example.com/deploy#alerts");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 1, 0, TimeSpan.Zero));
    private readonly List<(string Path, JsonNode Body)> _received = [];
    private readonly Dictionary<string, (int Status, string Body)> _answers = [];
    private readonly HttpClient _http = new();
    private WebApplication _chats = null!;

    private Uri Chats => new(_chats.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _chats = builder.Build();
        _chats.Run(async context =>
        {
            var body = await JsonNode.ParseAsync(context.Request.Body);
            var (status, answer) = _answers.GetValueOrDefault(context.Request.Path, (200, """{"errcode":0,"errmsg":"ok"}"""));
            lock (_received)
            {
                _received.Add((context.Request.Path + context.Request.QueryString, body!));
            }

            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer);
        });
        await _chats.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _chats.DisposeAsync();
    }

    [Fact]
    public async Task An_alert_reaches_every_bot_and_says_which_how_severe_and_what_to_do()
    {
        var answer = await PostAsync(Fired, Bot(BotKind.Teams), Bot(BotKind.DingTalk), Bot(BotKind.WeCom), Bot(BotKind.Feishu));

        Assert.IsType<Ok>(answer);
        Assert.Equal(4, _received.Count);
        Assert.All(_received, message =>
        {
            var text = message.Body.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            Assert.Contains("log-throttled-abc", text);
            Assert.Contains("Sev1", text);
            Assert.Contains("raise eventHubsUnitsMax", text);
            Assert.Contains("evhns-abc", text);
            Assert.Contains(Runbook.AbsoluteUri, text);
        });
    }

    [Fact]
    public async Task Teams_gets_an_adaptive_card()
    {
        await PostAsync(Fired, Bot(BotKind.Teams));

        var attachment = Assert.Single(_received).Body["attachments"]![0]!;
        Assert.Equal("application/vnd.microsoft.card.adaptive", attachment["contentType"]!.GetValue<string>());
        Assert.Equal("AdaptiveCard", attachment["content"]!["type"]!.GetValue<string>());
        Assert.Equal("Action.OpenUrl", attachment["content"]!["actions"]![0]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task DingTalk_gets_a_signature_in_the_address()
    {
        await PostAsync(Fired, Bot(BotKind.DingTalk, "SEC-1"));

        var (path, body) = Assert.Single(_received);
        var milliseconds = _clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var sign = Convert.ToBase64String(HMACSHA256.HashData("SEC-1"u8, (ReadOnlySpan<byte>)Encoding.UTF8.GetBytes($"{milliseconds}\nSEC-1")));
        Assert.EndsWith($"timestamp={milliseconds}&sign={Uri.EscapeDataString(sign)}", path, StringComparison.Ordinal);
        Assert.Equal("markdown", body["msgtype"]!.GetValue<string>());
    }

    [Fact]
    public async Task Feishu_gets_a_signature_in_the_message()
    {
        await PostAsync(Fired, Bot(BotKind.Feishu, "s-1"));

        var body = Assert.Single(_received).Body;
        var seconds = _clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Assert.Equal(seconds, body["timestamp"]!.GetValue<string>());
        Assert.Equal(Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes($"{seconds}\ns-1"), ReadOnlySpan<byte>.Empty)), body["sign"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_alert_that_is_over_says_so()
    {
        await PostAsync(Resolved, Bot(BotKind.WeCom));

        var text = Assert.Single(_received).Body["markdown"]!["content"]!.GetValue<string>();
        Assert.Contains("Over: canary-absent", text);
        Assert.Contains("2026-11-23 12:20:00Z", text);
    }

    [Fact]
    public async Task A_bot_that_refuses_with_a_success_keeps_no_other_from_hearing()
    {
        _answers["/DingTalk"] = (200, """{"errcode":310000,"errmsg":"sign not match"}""");

        Assert.IsType<Ok>(await PostAsync(Fired, Bot(BotKind.DingTalk), Bot(BotKind.WeCom)));
        Assert.Equal(2, _received.Count);
    }

    [Fact]
    public async Task An_alert_that_nobody_took_is_answered_so_that_it_comes_again()
    {
        _answers["/Feishu"] = (200, """{"code":19021,"msg":"sign match fail"}""");
        _answers["/Teams"] = (429, "");

        Assert.Equal(503, Assert.IsType<StatusCodeHttpResult>(await PostAsync(Fired, Bot(BotKind.Feishu), Bot(BotKind.Teams))).StatusCode);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("no json")]
    [InlineData("""{"schemaId":"AzureMonitorMetricAlert","data":{}}""")]
    [InlineData("""{"schemaId":"azureMonitorCommonAlertSchema"}""")]
    public async Task What_is_no_alert_of_the_common_schema_is_refused(string body)
    {
        Assert.IsType<BadRequest>(await PostAsync(body, Bot(BotKind.Teams)));
        Assert.Empty(_received);
    }

    [Fact]
    public async Task Without_the_key_nothing_is_posted()
    {
        Assert.IsType<NotFound>(await PostAsync(Fired, "another", Bot(BotKind.Teams)));
        Assert.Empty(_received);
    }

    [Fact]
    public void A_bot_needs_a_key_for_the_action_group()
    {
        var wrong = new List<string>();

        AlertSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Alerts:teams", "https://example.com/hook"), new("Alerts:weCom", "nonsense")]).Build(), wrong);

        Assert.Contains(wrong, sentence => sentence.StartsWith("'Alerts__key'", StringComparison.Ordinal));
        Assert.Contains(wrong, sentence => sentence.StartsWith("'Alerts__weCom'", StringComparison.Ordinal));
    }

    private AlertBot Bot(BotKind kind, string? secret = null) => new(kind, new Uri(Chats, $"/{kind}"), secret);

    private Task<IResult> PostAsync(string body, params AlertBot[] bots) => PostAsync(body, Key, bots);

    private async Task<IResult> PostAsync(string body, string key, params AlertBot[] bots)
    {
        var settings = HttpApp.SettingsWith(("Alerts:key", Key));
        var request = new DefaultHttpContext().Request;
        request.QueryString = QueryString.Create("key", key);
        request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        request.ContentLength = request.Body.Length;
        var post = new AlertPost(new AlertBots(bots, Runbook), _http, _clock, NullLogger<AlertPost>.Instance);
        return await new PostAlert(settings, post).RunAsync(request, TestContext.Current.CancellationToken);
    }
}
