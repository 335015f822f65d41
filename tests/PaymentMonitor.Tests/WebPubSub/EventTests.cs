using System.Net.WebSockets;
using System.Text;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class EventTests
{
    [Fact]
    public async Task A_client_learns_its_connection_id_and_its_user_id()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await TestClient.OpenAsync(server.ClientUrl($"access_token={server.Token("m-7")}"), TestClient.Plain);

        var connected = await client.ReadJsonAsync();

        Assert.Equal("system", connected.GetProperty("type").GetString());
        Assert.Equal("m-7", connected.GetProperty("userId").GetString());
        Assert.NotNull(server.Hub.Find(connected.GetProperty("connectionId").GetString()!));
        Assert.False(connected.TryGetProperty("reconnectionToken", out _));
    }

    [Fact]
    public async Task An_answer_comes_as_a_server_message_and_the_ack_behind_it()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.SendEventAsync("order", """{"a":[1,{"b":"ü\n"}]}""", ackId: 5);

        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":{"a":[1,{"b":"ü\n"}]}}""", await client.ReadAsync());
        Assert.Equal("""{"type":"ack","ackId":5,"success":true}""", await client.ReadAsync());
    }

    [Theory]
    [InlineData("text", "\"a \\u00fc \\\"b\\\"\"", "a ü \"b\"", "\"a ü \\\"b\\\"\"")]
    [InlineData("binary", "\"AAEC\"", "\0\u0001\u0002", "\"AAEC\"")]
    [InlineData("protobuf", "\"EgMAAQI=\"", "\u0012\u0003\0\u0001\u0002", "\"EgMAAQI=\"")]
    [InlineData("json", "\"x\"", "\"x\"", "\"x\"")]
    public async Task The_application_gets_the_data_in_its_plain_form(string dataType, string sent, string plain, string answered)
    {
        string? got = null;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, name, type, data) =>
            {
                got = $"{name} {Encoding.UTF8.GetString(data.Span)}";
                return ValueTask.FromResult(new EventAnswer(type, data));
            },
        });
        using var client = await server.ConnectAsync();

        await client.SendAsync($$"""{"data":{{sent}},"dataType":"{{dataType}}","unknown":[{}],"event":"e","type":"event"}""");

        Assert.Equal($$"""{"type":"message","from":"server","dataType":"{{dataType}}","data":{{answered}}}""", await client.ReadAsync());
        Assert.Equal($"e {plain}", got);
    }

    [Fact]
    public async Task Events_start_in_order_and_are_answered_as_they_complete()
    {
        var answers = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<EventAnswer>()).ToArray();
        var started = new List<string>();
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, name, _, _) =>
            {
                started.Add(name);
                return new ValueTask<EventAnswer>(answers[started.Count - 1].Task);
            },
        });
        using var client = await server.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendEventAsync($"e{i}", "1", ackId: i);
        }

        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.ReadAsync());
        answers[2].SetResult(EventAnswer.None);
        Assert.Equal("""{"type":"ack","ackId":2,"success":true}""", await client.ReadAsync());
        answers[0].SetResult(EventAnswer.Json("7"u8.ToArray()));
        Assert.Contains("\"data\":7", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"type":"ack","ackId":0,"success":true}""", await client.ReadAsync());
        Assert.Equal(["e0", "e1", "e2"], started);
    }

    [Fact]
    public async Task A_connection_with_too_many_events_in_flight_is_not_read_until_one_is_answered()
    {
        var answers = new List<TaskCompletionSource<EventAnswer>>();
        await using var server = await HubServer.StartAsync(
            new HubEvents
            {
                UserEvent = (_, _, _, _) =>
                {
                    var answer = new TaskCompletionSource<EventAnswer>();
                    lock (answers)
                    {
                        answers.Add(answer);
                    }

                    return new ValueTask<EventAnswer>(answer.Task);
                },
            },
            options => options with { MaxEventsInFlight = 2 });
        using var client = await server.ConnectAsync();
        await client.SendEventAsync("e", "1", ackId: 1);
        await client.SendEventAsync("e", "1", ackId: 2);
        await client.SendAsync("""{"type":"ping"}""");
        using var other = await server.ConnectAsync("m-2");
        await other.SendAsync("""{"type":"ping"}""");
        await other.ReadAsync();
        while (answers.Count < 2)
        {
            await Task.Yield();
        }

        answers[1].SetResult(EventAnswer.None);

        Assert.Equal("""{"type":"ack","ackId":2,"success":true}""", await client.ReadAsync());
        Assert.Equal("""{"type":"pong"}""", await client.ReadAsync());
    }

    [Fact]
    public async Task A_repeated_ackId_is_a_duplicate_and_does_not_reach_the_application()
    {
        var events = 0;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, _, _, _) =>
            {
                events++;
                return default;
            },
        });
        using var client = await server.ConnectAsync();

        await client.SendEventAsync("e", "1", ackId: 9);
        await client.SendEventAsync("e", "1", ackId: 9);

        Assert.True((await client.ReadJsonAsync()).GetProperty("success").GetBoolean());
        var second = await client.ReadJsonAsync();
        Assert.Equal("Duplicate", second.GetProperty("error").GetProperty("name").GetString());
        Assert.Equal(1, events);
    }

    [Fact]
    public async Task A_failing_application_fails_the_ack_and_the_same_ackId_may_be_tried_again()
    {
        var fail = true;
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, _, _, _) => fail ? throw new InvalidOperationException("broken") : default,
        });
        using var client = await server.ConnectAsync();

        await client.SendEventAsync("e", "1", ackId: 9);
        Assert.Equal("InternalServerError", (await client.ReadJsonAsync()).GetProperty("error").GetProperty("name").GetString());
        fail = false;
        await client.SendEventAsync("e", "1", ackId: 9);
        Assert.Equal("""{"type":"ack","ackId":9,"success":true}""", await client.ReadAsync());
        Assert.Equal(1, server.Counted("refusals", "application-failed"));
    }

    [Fact]
    public async Task A_simple_client_sends_the_event_message_and_receives_bare_data()
    {
        await using var server = await HubServer.StartAsync(new HubEvents
        {
            UserEvent = (_, name, dataType, data) => ValueTask.FromResult(new EventAnswer(dataType, Encoding.UTF8.GetBytes($"{name} {dataType} {data.Length}"))),
        });
        using var client = await TestClient.ConnectAsync(server.ClientUrl($"access_token={server.Token()}"), subprotocol: null);

        await client.SendAsync("héllo");
        Assert.Equal("message Text 6", await client.ReadAsync());
        await client.SendAsync([1, 2, 255], WebSocketMessageType.Binary);
        Assert.Equal("message Binary 3", await client.ReadAsync());
    }

    [Fact]
    public async Task A_message_in_fragments_is_one_message()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.SendAsync("""{"type":"event","event":"e",""", isLast: false);
        await client.SendAsync("""  "data":""", isLast: false);
        await client.SendAsync("42}");

        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":42}""", await client.ReadAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(126)]
    [InlineData(4_000)]
    [InlineData(65_000)]
    public async Task Data_of_any_allowed_length_arrives_whole(int length)
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();
        var data = $"\"{new string('x', length)}\"";

        for (var i = 0; i < 3; i++)
        {
            await client.SendEventAsync("e", data);
            Assert.Equal($$"""{"type":"message","from":"server","dataType":"json","data":{{data}}}""", await client.ReadAsync());
        }
    }
}
