using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Server;

public sealed class TrustedProxyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.0/8")]
    public async Task Behind_a_trusted_proxy_that_ends_tls_machines_get_a_wss_address(string proxy)
    {
        Assert.Equal("wss://pay.example.com/client/hubs/machines", await NegotiatedUrlAsync([proxy]));
    }

    [Theory]
    [InlineData]
    [InlineData("192.0.2.1")]
    public async Task The_word_of_anybody_else_is_not_believed(params string[] proxies)
    {
        Assert.StartsWith("ws://127.0.0.1:", await NegotiatedUrlAsync(proxies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_address_is_a_named_reason_not_to_start()
    {
        var refused = await Assert.ThrowsAsync<StartupException>(() => NegotiatedUrlAsync(["the-proxy"]));

        Assert.Contains("the-proxy", refused.Message, StringComparison.Ordinal);
    }

    private async Task<string> NegotiatedUrlAsync(string[] proxies)
    {
        var options = new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0", DemoCredentials = true, Quiet = true, TrustedProxies = proxies };
        await using var server = await ServerApp.StartAsync(options, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        http.DefaultRequestHeaders.Add("X-Forwarded-Host", "pay.example.com");
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.7");
        using var answer = await http.PostAsJsonAsync("/api/negotiate", new { machineId = "m-1", secret = Pipeline.DemoMachines.Secret });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["url"]!.GetValue<string>();
    }
}
