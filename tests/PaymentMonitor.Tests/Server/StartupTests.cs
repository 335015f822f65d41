using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server;
using PaymentMonitor.Server.Embedded;

namespace PaymentMonitor.Tests.Server;

/// <summary>What keeps a server from starting has a name and a remedy; what it had kept is there when it starts again.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var e = await RefusedAsync(new ServeOptions { Data = _folder, Urls = $"http://{other.LocalEndpoint}" });

        Assert.Equal("port-in-use", e.Name);
        Assert.Contains("--urls", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_failed_keeps_the_operators_key_for_the_one_that_succeeds()
    {
        using (var other = new TcpListener(IPAddress.Loopback, 0))
        {
            other.Start();
            await RefusedAsync(new ServeOptions { Data = _folder, Urls = $"http://{other.LocalEndpoint}" });
        }

        await using var server = await StartAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0" });

        Assert.NotNull(server.NewOperatorKey);
    }

    [Fact]
    public async Task A_server_inside_a_command_makes_no_operators_key()
    {
        var options = new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0" };
        await using (var quiet = await StartAsync(options with { Quiet = true }))
        {
            Assert.Null(quiet.NewOperatorKey);
        }

        await using var server = await StartAsync(options);
        Assert.NotNull(server.NewOperatorKey);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_named()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal("data-folder-locked", (await RefusedAsync(new ServeOptions { Data = server.Folder, Urls = "http://127.0.0.1:0" })).Name);
        Assert.Equal(HttpStatusCode.OK, (await server.Operator.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task A_damaged_data_file_is_named_and_left_alone()
    {
        var file = StoreFolder.DatabaseIn(_folder);
        await File.WriteAllTextAsync(file, new string('x', 8_192), TestContext.Current.CancellationToken);

        Assert.Equal("data-damaged", (await RefusedAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0" })).Name);
        Assert.Equal(new string('x', 8_192), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Damaged_API_keys_are_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "api-keys.json"), "keys", TestContext.Current.CancellationToken);

        Assert.Equal("damaged-keys", (await RefusedAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0" })).Name);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:0")]
    [InlineData("http://payments.example.com:0")]
    public async Task Demo_credentials_are_for_loopback_only(string urls)
    {
        Assert.Equal("demo-not-loopback", (await RefusedAsync(new ServeOptions { Data = _folder, Urls = urls, DemoCredentials = true })).Name);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("ftp://127.0.0.1:0")]
    [InlineData("http://192.0.2.1:0")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://localhost:0")]
    public async Task An_address_that_cannot_be_listened_on_is_named(string urls)
    {
        var e = await RefusedAsync(new ServeOptions { Data = _folder, Urls = urls });

        Assert.Equal("wrong-address", e.Name);
        Assert.Contains($"'{urls}'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_provider_secret_is_named_and_not_shown()
    {
        var e = await RefusedAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0", ProviderSecret = "whsec_short" });

        Assert.Equal("wrong-secret", e.Name);
        Assert.DoesNotContain("whsec_short", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_announces_itself_in_its_folder_as_long_as_it_runs()
    {
        await using (var server = await StartAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0" }))
        {
            Assert.True(File.Exists(Path.Combine(_folder, "server.json")));
        }

        Assert.False(File.Exists(Path.Combine(_folder, "server.json")));
    }

    [Fact]
    public async Task After_a_restart_orders_go_on_where_they_were()
    {
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-1", "card-terminal");
        await using (var machine = await server.ConnectAsync("m-1", secret))
        {
            await machine.SayAsync("o-1", TestMachine.Created(), TestMachine.Paid("p-1"));
        }

        await server.StopAsync();
        await server.StartAgainAsync();

        await using var again = await server.ConnectAsync("m-1", secret);
        Assert.Equal("shipment.allowed", (await again.NextDecisionAsync()).Kind);
        await again.SayAsync("o-1", new OrderEvent.ShipmentCompleted());
        Assert.Equal("trade.completed", (await again.NextDecisionAsync()).Kind);
    }

    [Fact]
    public async Task What_an_order_waits_for_fires_after_a_restart()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(time: time);
        await using (var machine = await server.NewMachineAsync())
        {
            await machine.SayAsync("o-1", TestMachine.Created(expiresIn: 60));
        }

        var due = (await server.OrderAsync("m-1", "o-1"))["due"]!.GetValue<DateTimeOffset>();
        await server.StopAsync();
        await server.StartAgainAsync();
        Assert.Equal(due, (await server.OrderAsync("m-1", "o-1"))["due"]!.GetValue<DateTimeOffset>());

        time.Advance(TimeSpan.FromSeconds(66));

        var order = await server.OrderAsync("m-1", "o-1", o => o["status"]!.GetValue<string>() == "Closed");
        Assert.Equal("expired", order["decisions"]![0]!["reason"]!.GetValue<string>());
    }

    private static Task<StartupException> RefusedAsync(ServeOptions options) => Assert.ThrowsAsync<StartupException>(() => StartAsync(options));

    private static Task<ServerApp> StartAsync(ServeOptions options) =>
        ServerApp.StartAsync(options, TestContext.Current.CancellationToken, builder => builder.Logging.ClearProviders());
}
