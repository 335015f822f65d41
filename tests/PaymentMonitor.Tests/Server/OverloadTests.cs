using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>A store with no room for anything more.</summary>
public sealed class OverloadTests
{
    [Theory]
    [InlineData("order", """{"id":"e-1","type":"payment.started","orderId":"o-1","time":"2026-11-23T12:00:00Z"}""")]
    [InlineData("sync", """{"confirmed":[{"orderId":"o-1","version":1}]}""")]
    public async Task Whoever_finds_no_room_is_asked_to_come_again_and_keeps_its_connection(string name, string data)
    {
        await using var server = await TestServer.StartAsync(demoCredentials: true, adapt: services => services.AddSingleton(new StoreOptions { QueueCapacity = 0 }));
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m0001", DemoMachines.Secret));

        for (var attempt = 0; attempt < 2; attempt++)
        {
            await socket.SendEventAsync(name, data);

            var answer = (await socket.ReadJsonAsync()).GetProperty("data");
            Assert.Equal("retry", answer.GetProperty("status").GetString());
            Assert.Equal("unavailable", answer.GetProperty("error").GetProperty("name").GetString());
            Assert.Equal(1_000, answer.GetProperty("retryAfterMs").GetInt32());
        }
    }

    [Fact]
    public async Task Machines_that_flush_what_they_recorded_wait_in_their_sockets_and_none_is_asked_to_come_again()
    {
        const int Machines = 2;
        const int Queued = 30;
        var room = new StoreOptions { QueueCapacity = Machines * 2 };
        await using var server = await TestServer.StartAsync(demoCredentials: true, adapt: services => services.AddSingleton(room));
        using var first = await TestClient.ConnectAsync(await server.SocketUrlAsync("m0001", DemoMachines.Secret));
        using var second = await TestClient.ConnectAsync(await server.SocketUrlAsync("m0002", DemoMachines.Secret));
        for (var n = 0; n < Queued; n++)
        {
            foreach (var machine in (TestClient[])[first, second])
            {
                await machine.SendEventAsync("order", $$"""{"id":"e-{{n}}","type":"payment.started","orderId":"o-{{n}}","time":"2026-11-23T12:00:00Z"}""");
            }
        }

        for (var n = 0; n < Queued; n++)
        {
            Assert.Equal("accepted", (await first.ReadJsonAsync()).GetProperty("data").GetProperty("status").GetString());
            Assert.Equal("accepted", (await second.ReadJsonAsync()).GetProperty("data").GetProperty("status").GetString());
        }
    }
}
