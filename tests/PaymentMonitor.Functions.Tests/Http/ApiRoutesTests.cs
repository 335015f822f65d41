using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using PaymentMonitor.Azure;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The routes themselves are tested with the embedded server; here: that they are all there, with the roles of the tenant.</summary>
public sealed class ApiRoutesTests(CosmosServer server)
{
    [Theory]
    [InlineData("GET", "/api/orders/m-1/o-1", null, HttpStatusCode.Unauthorized, "not-authenticated")]
    [InlineData("GET", "/api/orders/m-1/o-1", "stranger", HttpStatusCode.Forbidden, "wrong-role")]
    [InlineData("GET", "/api/orders/m-1/o-1", "reader", HttpStatusCode.NotFound, "unknown-order")]
    [InlineData("POST", "/api/machines/m-1/revoke", "reader", HttpStatusCode.Forbidden, "wrong-role")]
    [InlineData("POST", "/api/machines/m-1/revoke", "integrator", HttpStatusCode.Forbidden, "wrong-role")]
    [InlineData("GET", "/api/nothing", "operator", HttpStatusCode.NotFound, "unknown-route")]
    [InlineData("POST", "/api/provider/callback", null, HttpStatusCode.NotFound, "unknown-route")]
    public async Task Refusals_are_problem_details_with_a_name(string method, string path, string? role, HttpStatusCode status, string name)
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.CallAsync(new HttpMethod(method), path, role);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(name, (await HttpApp.JsonOf(answer)).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_machine_that_is_registered_gets_the_address_and_a_token_of_an_hour()
    {
        await using var app = await HttpApp.StartAsync(server);
        using var added = await app.CallAsync(HttpMethod.Put, "/api/machines/m-2", "operator", "{\"channels\":[\"cash\"]}");
        var secret = (await HttpApp.JsonOf(added)).GetProperty("secret").GetString()!;

        using var answer = await app.Client.PostAsJsonAsync("/api/negotiate", new { machineId = "m-2", secret }, TestContext.Current.CancellationToken);
        using var wrong = await app.Client.PostAsJsonAsync("/api/negotiate", new { machineId = "m-2", secret = "wrong" }, TestContext.Current.CancellationToken);

        var given = await HttpApp.JsonOf(answer);
        Assert.Equal($"wss://{HttpApp.WebPubSubHost}/client/hubs/machines", given.GetProperty("url").GetString());
        Assert.Equal("token-of-m-2-for-60", given.GetProperty("token").GetString());
        Assert.Equal(TimeSpan.FromHours(1), given.GetProperty("expiresAt").GetDateTimeOffset() - given.GetProperty("serverTime").GetDateTimeOffset());
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Fact]
    public async Task An_order_is_shown_to_a_reader()
    {
        await using var app = await HttpApp.StartAsync(server);
        var orders = app.Services.GetRequiredService<CosmosOrders>();
        var stop = TestContext.Current.CancellationToken;
        await orders.TrySaveAsync(await orders.LoadAsync(Order1, stop), After(Created(Order1, Noon), Paid(Order1, Noon)), stop);

        using var one = await app.CallAsync(HttpMethod.Get, "/api/orders/m-1/o-1", "reader");
        using var list = await app.CallAsync(HttpMethod.Get, "/api/orders?machineId=m-1", "integrator");

        Assert.Equal("ShipmentAllowed", (await HttpApp.JsonOf(one)).GetProperty("status").GetString());
        Assert.Equal(1, (await HttpApp.JsonOf(list)).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("name", "Ada", "Ada")]
    [InlineData("azp", "client-of-a-business-system", "client-of-a-business-system")]
    public async Task What_an_operator_does_is_kept_under_the_name_of_the_person_or_the_application(string claim, string value, string name)
    {
        await using var app = await HttpApp.StartAsync(server);
        var orders = app.Services.GetRequiredService<CosmosOrders>();
        var stop = TestContext.Current.CancellationToken;
        var unresolved = After(Paid(Order1, Noon), OrderWake.Of(Order1, Noon.AddMinutes(16), Noon.AddMinutes(16)));
        await orders.TrySaveAsync(await orders.LoadAsync(Order1, stop), unresolved, stop);
        app.Client.DefaultRequestHeaders.Authorization = new("Bearer", app.Tenant.Token(new() { ["roles"] = new[] { "operator" }, [claim] = value }));

        using var answer = await app.Client.PostAsJsonAsync("/api/orders/m-1/o-1/resolve", new { outcome = "refunded", reason = "paid back at the till" }, stop);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Contains($"\"by\":\"{name}\"", System.Text.Encoding.UTF8.GetString(Assert.Single(app.Hub.Events).EventBody.ToArray()));
    }

    [Fact]
    public async Task With_emulators_the_local_key_is_an_operators()
    {
        await using var app = await HttpApp.StartAsync(server, local: true);
        app.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "local-key");
        using var good = await app.Client.PutAsJsonAsync("/api/machines/m-2", new { channels = new[] { "cash" } }, TestContext.Current.CancellationToken);
        app.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another");
        using var bad = await app.Client.GetAsync("/api/machines", TestContext.Current.CancellationToken);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized], [good.StatusCode, bad.StatusCode]);
    }

    [Fact]
    public async Task It_says_that_it_is_well_while_its_services_answer()
    {
        await using var app = await HttpApp.StartAsync(server);

        using var answer = await app.CallAsync(HttpMethod.Get, "/healthz");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"status\":\"healthy\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("log")]
    public async Task It_says_which_service_does_not_answer(string service)
    {
        await using var app = await HttpApp.StartAsync(server);
        app.Wire.IsDown = service == "orders";
        app.Hub.IsDown = service == "log";

        using var answer = await app.CallAsync(HttpMethod.Get, "/healthz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains($"\"{service}\":false", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_description_of_the_API_is_there_for_readers()
    {
        await using var app = await HttpApp.StartAsync(server);

        using var stranger = await app.CallAsync(HttpMethod.Get, "/openapi/v1.json");
        using var answer = await app.CallAsync(HttpMethod.Get, "/openapi/v1.json", "reader");

        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        Assert.True((await HttpApp.JsonOf(answer)).GetProperty("paths").TryGetProperty("/api/orders", out _));
    }
}
