using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace PaymentMonitor.Tests.WebPubSub;

public sealed class RestTests
{
    [Fact]
    public async Task A_message_is_accepted_and_sent_whatever_the_api_version()
    {
        await using var server = await HubServer.StartAsync();
        using var client = await server.ConnectAsync();

        using var response = await CallAsync(server, "/api/hubs/machines/users/m-1/:send?api-version=2099-01-01", """{"a":1}""", "application/json");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("""{"type":"message","from":"server","dataType":"json","data":{"a":1}}""", await client.ReadAsync());
    }

    [Theory]
    [InlineData("/api/hubs/machines/:send", "1", "application/xml", 415, "unknown-content-type")]
    [InlineData("/api/hubs/machines/:send", "{", "application/json", 400, "malformed-body")]
    [InlineData("/api/hubs/machines/:send", "1 2", "application/json", 400, "malformed-body")]
    [InlineData("/api/hubs/machines/:send?filter=userId%20eq%20null", "1", "application/json", 400, "filter-not-supported")]
    [InlineData("/api/hubs/elsewhere/:send", "1", "application/json", 404, "unknown-hub")]
    public async Task A_bad_call_is_refused_by_name(string path, string body, string contentType, int status, string name)
    {
        await using var server = await HubServer.StartAsync();

        using var response = await CallAsync(server, path, body, contentType);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(name, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_message_that_no_frame_could_carry_is_refused()
    {
        await using var server = await HubServer.StartAsync(options: options => options with { MaxMessageBytes = 1000 });

        using var response = await CallAsync(server, "/api/hubs/machines/:send", new string('x', 1001), "text/plain");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData(null, "token-missing")]
    [InlineData("/api/hubs/machines/users/m-2/:send", "token-foreign")]
    public async Task A_token_is_good_for_its_own_address_only(string? tokenPath, string name)
    {
        await using var server = await HubServer.StartAsync();

        using var response = await CallAsync(server, "/api/hubs/machines/users/m-1/:send", "1", "application/json", tokenPath ?? "");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(name, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("name").GetString());
        Assert.Equal(1, server.Counted("refusals", name));
    }

    [Fact]
    public async Task A_generated_token_lets_its_user_in()
    {
        await using var server = await HubServer.StartAsync();

        using var response = await CallAsync(server, "/api/hubs/machines/:generateToken?userId=m-5&group=g&minutesToExpire=5", "", "application/json");
        var token = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString();
        using var client = await TestClient.ConnectAsync(server.ClientUrl($"access_token={token}"));

        Assert.True(server.Hub.HasUser("m-5"));
        Assert.True(server.Hub.HasGroup("g"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("soon")]
    public async Task A_generated_token_needs_a_sensible_lifetime(string minutes)
    {
        await using var server = await HubServer.StartAsync();

        using var response = await CallAsync(server, $"/api/hubs/machines/:generateToken?minutesToExpire={minutes}", "", "application/json");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Health_needs_no_token()
    {
        await using var server = await HubServer.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(server.Address, "/api/health?api-version=1"));

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <param name="tokenPath">What the token is made for: the call itself, unless a test says otherwise; nothing at all where it is empty.</param>
    private static async Task<HttpResponseMessage> CallAsync(HubServer server, string path, string body, string contentType, string? tokenPath = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, path));
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (tokenPath != "")
        {
            var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
            {
                Audience = new Uri(server.Address, tokenPath ?? path).AbsoluteUri,
                Expires = server.Time.GetUtcNow().UtcDateTime.AddHours(1),
                SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(HubServer.AccessKey)), SecurityAlgorithms.HmacSha256),
            });
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await http.SendAsync(request);
    }
}
