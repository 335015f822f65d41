using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Messaging.EventHubs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using PaymentMonitor.Azure;
using PaymentMonitor.Contracts;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

public sealed class WebPubSubUpstreamTests(CosmosServer server)
{
    private const string Order = "user.order";

    private static readonly byte[] Event = Created(Order1, Noon).Raw.ToArray();

    [Theory]
    [InlineData(HttpApp.WebPubSubHost, HttpApp.WebPubSubHost)]
    [InlineData("other.webpubsub.azure.com, example.webpubsub.azure.com", HttpApp.WebPubSubHost)]
    [InlineData("other.webpubsub.azure.com", null)]
    [InlineData("", null)]
    public async Task A_preflight_is_answered_for_our_own_service_only(string origin, string? allowed)
    {
        await using var app = await HttpApp.StartAsync(server);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/web-pubsub");
        preflight.Headers.Add("WebHook-Request-Origin", origin);

        using var answer = await app.Client.SendAsync(preflight, TestContext.Current.CancellationToken);

        Assert.Equal(allowed is not null, answer.IsSuccessStatusCode);
        Assert.Equal(allowed, answer.Headers.TryGetValues("WebHook-Allowed-Origin", out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task An_event_gets_its_receipt_when_it_is_in_the_hub_under_its_machine()
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.TellAsync(Order, Event);

        var receipt = await ReceiptAsync(answer);
        Assert.Equal(("accepted", "o-1.created"), (receipt.GetProperty("status").GetString(), receipt.GetProperty("id").GetString()));
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        var logged = Assert.Single(app.Hub.Events);
        Assert.Equal("m-1", logged.PartitionKey);
        Assert.Equal(Event, logged.EventBody.ToArray());
    }

    [Fact]
    public async Task A_machine_that_speaks_Protobuf_is_answered_in_Protobuf()
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.TellAsync(Order, EventProtobuf.ToBytes(Created(Order1, Noon).Event), change: request =>
        {
            request.Content!.Headers.ContentType = new("application/octet-stream");
            request.Headers.Add("ce-subprotocol", "protobuf.reliable.webpubsub.azure.v1");
        });

        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        var receipt = Assert.IsType<Receipt>(ServerMessageProtobuf.Read(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(("o-1.created", ReceiptStatus.Accepted), (receipt.Id, receipt.Status));
        Assert.Single(app.Hub.Events);
    }

    [Fact]
    public async Task An_event_that_will_never_be_good_is_rejected_and_the_connection_stays()
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.TellAsync(Order, "{\"id\":\"e-1\"}"u8.ToArray());

        Assert.Equal("rejected", (await ReceiptAsync(answer)).GetProperty("status").GetString());
        Assert.Empty(app.Hub.Events);
    }

    [Fact]
    public async Task A_throttled_hub_asks_for_the_event_again_and_the_connection_stays()
    {
        await using var app = await HttpApp.StartAsync(server);
        app.Hub.FailNext(new EventHubsException(true, "orders", "throttled", EventHubsException.FailureReason.ServiceBusy));

        using var answer = await app.TellAsync(Order, Event);

        var receipt = await ReceiptAsync(answer);
        Assert.Equal(("retry", 4_000), (receipt.GetProperty("status").GetString(), receipt.GetProperty("retryAfterMs").GetInt32()));
    }

    [Fact]
    public async Task While_Cosmos_DB_is_down_events_are_asked_for_again_and_machines_are_let_in()
    {
        await using var app = await HttpApp.StartAsync(server);
        app.Wire.IsDown = true;

        using var connect = await app.TellAsync("sys.connect", "{}"u8.ToArray());
        using var answer = await app.TellAsync(Order, Event);
        using var sync = await app.TellAsync("user.sync", "{\"confirmed\":[]}"u8.ToArray());

        Assert.Equal(HttpStatusCode.NoContent, connect.StatusCode);
        var receipt = await ReceiptAsync(answer);
        Assert.Equal(("retry", "o-1.created"), (receipt.GetProperty("status").GetString(), receipt.GetProperty("id").GetString()));
        Assert.Equal("retry", (await ReceiptAsync(sync)).GetProperty("status").GetString());
        Assert.Empty(app.Hub.Events);
    }

    [Fact]
    public async Task A_sync_brings_confirmations_and_takes_what_is_open()
    {
        await using var app = await HttpApp.StartAsync(server);
        var orders = app.Services.GetRequiredService<CosmosOrders>();
        await orders.TrySaveAsync(await orders.LoadAsync(Order1, TestContext.Current.CancellationToken), After(Created(Order1, Noon), Paid(Order1, Noon)), TestContext.Current.CancellationToken);

        using var first = await app.TellAsync("user.sync", "{\"confirmed\":[]}"u8.ToArray());
        using var second = await app.TellAsync("user.sync", "{\"confirmed\":[{\"orderId\":\"o-1\",\"version\":1}]}"u8.ToArray());

        Assert.Equal(DecisionKinds.ShipmentAllowed, (await ReceiptAsync(first)).GetProperty("decisions")[0].GetProperty("kind").GetString());
        Assert.Empty((await ReceiptAsync(second)).GetProperty("decisions").EnumerateArray());
    }

    [Fact]
    public async Task A_machine_is_let_in_while_it_is_registered()
    {
        await using var app = await HttpApp.StartAsync(server);
        await app.CallAsync(HttpMethod.Put, "/api/machines/m-2", "operator", "{\"channels\":[\"cash\"]}");
        await app.CallAsync(HttpMethod.Post, "/api/machines/m-2/revoke", "operator");

        using var known = await app.TellAsync("sys.connect", "{}"u8.ToArray());
        using var revoked = await app.TellAsync("sys.connect", "{}"u8.ToArray(), user: "m-2");
        using var unknown = await app.TellAsync("sys.connect", "{}"u8.ToArray(), user: "m-3");
        using var nobody = await app.TellAsync("sys.connect", "{}"u8.ToArray(), user: "Nobody!");

        Assert.Equal(
            [HttpStatusCode.NoContent, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized],
            [known.StatusCode, revoked.StatusCode, unknown.StatusCode, nobody.StatusCode]);
        Assert.Contains(("m-2", (string?)null), app.WebPubSub.Closed);
    }

    [Fact]
    public async Task A_newer_connection_closes_the_older_ones_and_nothing_hangs_on_it()
    {
        await using var app = await HttpApp.StartAsync(server);
        using var connected = await app.TellAsync("sys.connected", "{}"u8.ToArray());
        app.WebPubSub.IsDown = true;
        using var whileDown = await app.TellAsync("sys.connected", "{}"u8.ToArray());
        using var disconnected = await app.TellAsync("sys.disconnected", "{\"reason\":\"bye\"}"u8.ToArray());

        Assert.All([connected, whileDown, disconnected], answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Equal([("m-1", (string?)"c-1")], app.WebPubSub.Closed);
    }

    [Fact]
    public async Task Only_a_token_for_us_of_the_identity_of_our_Web_PubSub_lets_an_event_in()
    {
        await using var app = await HttpApp.StartAsync(server);
        var ours = new Dictionary<string, object> { ["oid"] = Tenant.WebPubSubIdentity };
        using var rsa = RSA.Create(2048);
        string[] bad =
        [
            "",
            "not.a.token",
            app.Tenant.TokenWithRole("operator"),
            app.Tenant.Token(ours, audience: "api://somebody-else"),
            app.Tenant.Token(ours, issuer: "https://sts.windows.net/another-tenant/"),
            app.Tenant.Token(ours, age: TimeSpan.FromHours(3)),
            app.Tenant.Token(ours, key: new RsaSecurityKey(rsa) { KeyId = "key-of-the-tenant" }),
        ];

        foreach (var token in bad)
        {
            using var refused = await app.TellAsync(Order, Event, token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        Assert.Empty(app.Hub.Events);
        using var accepted = await app.TellAsync(Order, Event, app.Tenant.Token(ours, version1: true));
        Assert.Equal("accepted", (await ReceiptAsync(accepted)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task While_no_token_can_be_checked_nothing_is_taken_in_and_no_connection_is_dropped()
    {
        await using var app = await HttpApp.StartAsync(server, keysAreKnown: false);

        using var answer = await app.TellAsync(Order, Event);
        using var connect = await app.TellAsync("sys.connect", "{}"u8.ToArray());

        Assert.Equal("retry", (await ReceiptAsync(answer)).GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.NoContent, connect.StatusCode);
        Assert.Empty(app.Hub.Events);
    }

    [Theory]
    [InlineData("ce-hub", "others")]
    [InlineData("ce-specversion", "0.3")]
    [InlineData("ce-type", "azure.webpubsub.sys.exploded")]
    public async Task What_this_handler_was_not_set_up_for_is_refused(string header, string value)
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.TellAsync(Order, Event, change: request =>
        {
            request.Headers.Remove(header);
            request.Headers.Add(header, value);
        });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task An_emulator_signs_with_its_access_key()
    {
        await using var app = await HttpApp.StartAsync(server, local: true);
        var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("key-of-the-emulator"u8, Encoding.UTF8.GetBytes("c-1")));

        using var unsigned = await app.TellAsync(Order, Event);
        using var forged = await app.TellAsync(Order, Event, change: request => request.Headers.Add("ce-signature", "sha256=00"));
        using var signed = await app.TellAsync(Order, Event, change: request => request.Headers.Add("ce-signature", $"sha256=00,{signature}"));

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK], [unsigned.StatusCode, forged.StatusCode, signed.StatusCode]);
        Assert.Single(app.Hub.Events);
    }

    private static async Task<System.Text.Json.JsonElement> ReceiptAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await HttpApp.JsonOf(answer);
    }
}
