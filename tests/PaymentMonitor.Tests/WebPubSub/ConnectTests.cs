using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class ConnectTests
{
    [Fact]
    public async Task The_hub_may_be_named_in_the_query()
    {
        await using var server = await HubServer.StartAsync();
        var url = new UriBuilder(server.ClientUrl($"hub={HubServer.HubName}&access_token={server.Token()}")) { Path = "/client/" }.Uri;

        using var client = await TestClient.ConnectAsync(url);

        Assert.Equal(1, server.Hub.ConnectionCount);
    }

    [Fact]
    public async Task The_token_may_come_in_a_header()
    {
        await using var server = await HubServer.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(TestClient.Plain);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {server.Token()}");

        await socket.ConnectAsync(server.ClientUrl(""), TestContext.Current.CancellationToken);

        Assert.Equal(TestClient.Plain, socket.SubProtocol);
    }

    [Fact]
    public async Task The_first_known_subprotocol_of_the_client_is_spoken()
    {
        await using var server = await HubServer.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("something.else");
        socket.Options.AddSubProtocol(TestClient.Reliable);

        await socket.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), TestContext.Current.CancellationToken);

        Assert.Equal(TestClient.Reliable, socket.SubProtocol);
    }

    [Theory]
    [InlineData("missing", 401, "token-missing")]
    [InlineData("garbage", 401, "token-invalid")]
    [InlineData("other-key", 401, "token-invalid")]
    [InlineData("expired", 401, "token-expired")]
    [InlineData("early", 401, "token-not-yet-valid")]
    [InlineData("other-hub", 401, "token-foreign")]
    public async Task A_bad_token_is_refused_by_name(string fault, int status, string name)
    {
        await using var server = await HubServer.StartAsync();
        var hour = TimeSpan.FromHours(1);
        var token = fault switch
        {
            "garbage" => "not.a.token",
            "other-key" => new WebPubSubTokens(new string('k', 40), server.Time).ForClient(server.Address, HubServer.HubName, "m-1", hour),
            "expired" => server.Token(lifetime: TimeSpan.FromSeconds(1)),
            "early" => new WebPubSubTokens(HubServer.AccessKey, new FakeTimeProvider(server.Time.GetUtcNow() + hour))
                .ForClient(server.Address, HubServer.HubName, "m-1", hour),
            "other-hub" => server.Tokens.ForClient(server.Address, "elsewhere", "m-1", hour),
            _ => "",
        };
        if (fault == "expired")
        {
            server.Time.Advance(TimeSpan.FromSeconds(2));
        }

        await ExpectRefusalAsync(server, server.ClientUrl($"access_token={token}"), TestClient.Plain, status, name);
    }

    [Fact]
    public async Task An_unknown_hub_is_not_found()
    {
        await using var server = await HubServer.StartAsync();
        var url = new UriBuilder(server.ClientUrl("")) { Path = "/client/hubs/elsewhere" }.Uri;

        await ExpectRefusalAsync(server, url, TestClient.Plain, 404, "unknown-hub");
    }

    [Fact]
    public async Task An_unknown_subprotocol_is_refused()
    {
        await using var server = await HubServer.StartAsync();

        await ExpectRefusalAsync(server, server.ClientUrl($"access_token={server.Token()}"), "mqtt", 400, "unknown-subprotocol");
    }

    [Fact]
    public async Task A_plain_request_is_told_that_only_websockets_are_served()
    {
        await using var server = await HubServer.StartAsync();

        await ExpectRefusalAsync(server, server.ClientUrl(""), subprotocol: null, 400, "not-a-websocket");
    }

    [Fact]
    public async Task The_application_decides_who_a_client_is_and_which_groups_it_is_in()
    {
        ConnectRequest? asked = null;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            Connect = (request, _) =>
            {
                asked = request;
                return ValueTask.FromResult<ConnectAnswer>(new ConnectAnswer.Accepted(UserId: "renamed", Groups: ["east"]));
            },
        });

        using var client = await TestClient.ConnectAsync(server.ClientUrl($"access_token={server.Token("m-1")}&lane=7"));

        Assert.Equal("m-1", asked!.UserId);
        Assert.Equal("7", asked.Query["lane"]);
        Assert.Equal([TestClient.Plain], asked.Subprotocols);
        Assert.True(server.Hub.HasUser("renamed"));
        Assert.True(server.Hub.HasGroup("east"));
    }

    [Fact]
    public async Task The_application_may_refuse_a_client()
    {
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            Connect = (_, _) => ValueTask.FromResult<ConnectAnswer>(new ConnectAnswer.Refused(403, "machine-revoked", "The machine is revoked.")),
        });

        await ExpectRefusalAsync(server, server.ClientUrl($"access_token={server.Token()}"), TestClient.Plain, 403, "machine-revoked");
        Assert.Equal(0, server.Hub.ConnectionCount);
    }

    [Fact]
    public async Task No_event_is_read_before_the_application_knows_of_the_connection()
    {
        var known = new TaskCompletionSource();
        var events = 0;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            Connected = async _ => await known.Task,
            UserEvent = (_, _, _, _) =>
            {
                Assert.True(known.Task.IsCompleted);
                events++;
                return default;
            },
        });
        using var client = await server.ConnectAsync();
        await client.SendEventAsync("e", "1", ackId: 1);

        known.SetResult();

        Assert.True((await client.ReadJsonAsync()).GetProperty("success").GetBoolean());
        Assert.Equal(1, events);
    }

    [Fact]
    public void A_short_access_key_is_refused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new WebPubSubTokens("short", TimeProvider.System));

        Assert.Contains("32 bytes", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task ExpectRefusalAsync(HubServer server, Uri url, string? subprotocol, int status, string name)
    {
        if (subprotocol is not null)
        {
            using var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol(subprotocol);
            socket.Options.CollectHttpResponseDetails = true;
            await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(url, TestContext.Current.CancellationToken));
            Assert.Equal((HttpStatusCode)status, socket.HttpStatusCode);
        }

        // The same upgrade again by hand, as a WebSocket client does not show the body.
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(url) { Scheme = "http" }.Uri);
        if (subprotocol is not null)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", subprotocol);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(name, problem.GetProperty("name").GetString());
        Assert.EndsWith(".", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True(server.Counted("refusals", name) > 0);
    }
}
