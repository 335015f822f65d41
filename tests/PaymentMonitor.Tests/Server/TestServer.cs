using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Server;

/// <summary>The whole server on a folder of its own, which can be stopped and started again.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    internal static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly Action<IServiceCollection>? _adapt;
    private ServerApp? _app;

    private TestServer(TimeProvider time, Action<IServiceCollection>? adapt)
    {
        _time = time;
        _adapt = adapt;
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;

    internal Uri Address => _app!.Address;

    internal IServiceProvider Services => _app!.Services;

    /// <summary>Calls the API as its operator.</summary>
    internal HttpClient Operator { get; private set; } = null!;

    /// <param name="prepare">Runs on the empty data folder before the server does.</param>
    /// <param name="adapt">Replaces parts of the server, for example its bounds.</param>
    internal static async Task<TestServer> StartAsync(
        bool demoCredentials = false, string? providerSecret = null, TimeProvider? time = null, Action<string>? prepare = null, Action<IServiceCollection>? adapt = null, RiskServiceOptions? risk = null, AzureStoresOptions? azure = null)
    {
        var server = new TestServer(time ?? TimeProvider.System, adapt);
        prepare?.Invoke(server.Folder);
        await server.StartAgainAsync(demoCredentials, providerSecret, risk: risk, azure: azure);
        return server;
    }

    /// <summary>Starts on the same folder once more.</summary>
    /// <param name="at">Where to listen, for who knows the address already; null takes a free port.</param>
    internal async Task StartAgainAsync(bool demoCredentials = false, string? providerSecret = null, Uri? at = null, RiskServiceOptions? risk = null, AzureStoresOptions? azure = null)
    {
        var options = new ServeOptions { Data = Folder, Urls = at?.ToString() ?? "http://127.0.0.1:0", DemoCredentials = demoCredentials, ProviderSecret = providerSecret, Risk = risk, WebhookAllowPrivate = true, AzureStores = azure, Quiet = true };
        _app = await ServerApp.StartAsync(options, TestContext.Current.CancellationToken, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(_time);
            if (_time != TimeProvider.System)
            {
                // A jump of the clock leaves a client no real time to answer a ping.
                builder.Services.AddSingleton(MachineHub.Options with { PongWithin = TimeSpan.MaxValue });
            }

            _adapt?.Invoke(builder.Services);
        });
        Operator?.Dispose();
        Operator = Client(_app.Keys.Add($"operator-{Guid.NewGuid()}", Roles.Operator));
    }

    internal async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.DisposeAsync();
        }
    }

    internal string NewKey(string role, string? name = null) => _app!.Keys.Add(name ?? $"{role}-{Guid.NewGuid()}", role);

    internal void RemoveKey(string name) => Assert.True(_app!.Keys.Remove(name));

    internal HttpClient Client(string? key = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <returns>The machine's secret.</returns>
    internal async Task<string> RegisterAsync(string machineId, params string[] channels)
    {
        using var answer = await Operator.PutAsJsonAsync($"/api/machines/{machineId}", new { channels });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await JsonAsync(answer))["secret"]!.GetValue<string>();
    }

    internal async Task<string> RotateAsync(string machineId, double? overlapHours = null)
    {
        using var answer = await Operator.PostAsync($"/api/machines/{machineId}/rotate{(overlapHours is { } hours ? $"?overlapHours={hours}" : "")}", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await JsonAsync(answer))["secret"]!.GetValue<string>();
    }

    internal async Task RevokeAsync(string machineId)
    {
        using var answer = await Operator.PostAsync($"/api/machines/{machineId}/revoke", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    internal Task<HttpResponseMessage> NegotiateAsync(string machineId, string secret) => Operator.PostAsJsonAsync("/api/negotiate", new { machineId, secret });

    /// <summary>Where a machine's WebSocket goes, with its token.</summary>
    internal async Task<Uri> SocketUrlAsync(string machineId, string secret)
    {
        using var answer = await NegotiateAsync(machineId, secret);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var negotiated = await JsonAsync(answer);
        return new Uri($"{negotiated["url"]}?access_token={negotiated["token"]}");
    }

    /// <summary>Connects a registered machine.</summary>
    internal async Task<TestMachine> ConnectAsync(string machineId, string secret)
    {
        var machine = new TestMachine(new MachineClientOptions
        {
            Endpoint = Address,
            MachineId = MachineId.Parse(machineId),
            Secret = secret,
            Journal = MachineJournal.InMemory(),
            ConfirmDelay = TimeSpan.FromMilliseconds(20),
            Backoff = new Backoff { Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(100) },
        });
        await machine.Client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(Guard);
        return machine;
    }

    /// <summary>Registers a machine for the terminal and connects it.</summary>
    internal async Task<TestMachine> NewMachineAsync(string machineId = "m-1", params string[] channels)
    {
        return await ConnectAsync(machineId, await RegisterAsync(machineId, channels is [] ? ["card-terminal"] : channels));
    }

    internal async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await Operator.GetAsync(new Uri(path, UriKind.Relative));
        var json = await JsonAsync(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {json}");
        return json;
    }

    internal Task<JsonNode> OrderAsync(string machineId, string orderId) => GetAsync($"/api/orders/{machineId}/{orderId}");

    /// <summary>Reads the order until it is as expected.</summary>
    internal async Task<JsonNode> OrderAsync(string machineId, string orderId, Predicate<JsonNode> isSo)
    {
        using var guard = new CancellationTokenSource(Guard);
        while (true)
        {
            var order = await OrderAsync(machineId, orderId);
            if (isSo(order))
            {
                return order;
            }

            Assert.False(guard.IsCancellationRequested, $"The order stayed as it is: {order}");
            await Task.Delay(20);
        }
    }

    /// <summary>The status of an answer and the name of its error.</summary>
    internal static async Task<(HttpStatusCode Status, string? Name)> RefusalAsync(Task<HttpResponseMessage> answering)
    {
        using var answer = await answering;
        var body = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, body.Length == 0 ? null : JsonNode.Parse(body)!["name"]?.GetValue<string>());
    }

    internal static async Task<JsonNode> JsonAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Operator.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
