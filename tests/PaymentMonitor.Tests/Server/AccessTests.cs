using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Tests.WebPubSub;

namespace PaymentMonitor.Tests.Server;

/// <summary>Who may do what: callers of the API by their keys, machines by their secrets.</summary>
public sealed class AccessTests
{
    [Theory]
    [InlineData("/api/orders")]
    [InlineData("/api/orders/m-1/o-1")]
    [InlineData("/api/machines")]
    [InlineData("/api/machines/m-1")]
    [InlineData("/api/dead-letters")]
    [InlineData("/openapi/v1.json")]
    public async Task Without_a_known_key_nothing_is_shown(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var nobody = server.Client();
        using var stranger = server.Client("pm_operator_" + new string('0', 48));

        Assert.Equal((HttpStatusCode.Unauthorized, "no-key"), await RefusalAsync(nobody.GetAsync(path)));
        Assert.Equal((HttpStatusCode.Unauthorized, "no-key"), await RefusalAsync(stranger.GetAsync(path)));
    }

    [Theory]
    [InlineData(Roles.Reader)]
    [InlineData(Roles.Integrator)]
    public async Task Only_an_operator_changes_the_registry(string role)
    {
        await using var server = await TestServer.StartAsync();
        await server.RegisterAsync("m-1", "qr");
        using var client = server.Client(server.NewKey(role));

        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(client.GetAsync("/api/machines"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(client.GetAsync("/api/orders"))).Status);
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await RefusalAsync(client.PutAsJsonAsync("/api/machines/m-2", new { channels = new[] { "qr" } })));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await RefusalAsync(client.PostAsync("/api/machines/m-1/rotate", null)));
        Assert.Equal((HttpStatusCode.Forbidden, "wrong-role"), await RefusalAsync(client.PostAsync("/api/machines/m-1/revoke", null)));
    }

    [Fact]
    public async Task A_machine_is_registered_once_and_its_secret_shown_once()
    {
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-1", "qr", "cash");

        var shown = await server.GetAsync("/api/machines/m-1");

        Assert.Equal(["qr", "cash"], shown["channels"]!.AsArray().Select(c => c!.GetValue<string>()));
        Assert.DoesNotContain(secret, shown.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "already-registered"), await RefusalAsync(server.Operator.PutAsJsonAsync("/api/machines/m-1", new { channels = new[] { "qr" } })));
        Assert.Equal((HttpStatusCode.BadRequest, "no-channels"), await RefusalAsync(server.Operator.PutAsJsonAsync("/api/machines/m-2", new { channels = Array.Empty<string>() })));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-machine"), await RefusalAsync(server.Operator.GetAsync("/api/machines/m-2")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-machine"), await RefusalAsync(server.Operator.PostAsync("/api/machines/m-2/revoke", null)));
    }

    [Fact]
    public async Task Machines_are_listed_a_page_at_a_time()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var id in new[] { "m-2", "m-3", "m-1" })
        {
            await server.RegisterAsync(id, "qr");
        }

        var first = await server.GetAsync("/api/machines?limit=2");
        var second = await server.GetAsync($"/api/machines?limit=2&after={first["continuation"]}");

        Assert.Equal(["m-1", "m-2"], first["items"]!.AsArray().Select(m => m!["machineId"]!.GetValue<string>()));
        Assert.Equal(["m-3"], second["items"]!.AsArray().Select(m => m!["machineId"]!.GetValue<string>()));
        Assert.Null(second["continuation"]);
    }

    [Theory]
    [InlineData("m-1", "another-secret")]
    [InlineData("m-1", "")]
    [InlineData("m-unknown", "another-secret")]
    public async Task A_machine_with_wrong_credentials_is_not_told_which_part_is_wrong(string machineId, string secret)
    {
        await using var server = await TestServer.StartAsync();
        await server.RegisterAsync("m-1", "qr");

        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), await RefusalAsync(server.NegotiateAsync(machineId, secret)));
    }

    [Fact]
    public async Task The_demos_secret_opens_nothing_without_demo_credentials()
    {
        await using var server = await TestServer.StartAsync(demoCredentials: true);
        await using (var machine = await server.ConnectAsync("m-1", DemoMachines.Secret))
        {
            await machine.SayAsync("o-1", TestMachine.Created());
        }

        await server.StopAsync();
        await server.StartAgainAsync();

        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), await RefusalAsync(server.NegotiateAsync("m-1", DemoMachines.Secret)));
        Assert.Empty((await server.GetAsync("/api/machines"))["items"]!.AsArray());
        Assert.Equal("Created", (await server.OrderAsync("m-1", "o-1"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_revoked_machine_loses_its_connection_and_comes_in_no_more()
    {
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-1", "qr");
        var url = await server.SocketUrlAsync("m-1", secret);
        using var socket = await TestClient.ConnectAsync(url);

        await server.RevokeAsync("m-1");

        Assert.Equal("The machine is revoked.", await socket.ReadToCloseAsync());
        Assert.Equal((HttpStatusCode.Unauthorized, "machine-revoked"), await RefusalAsync(server.NegotiateAsync("m-1", secret)));
        // Its token has not expired.
        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.ConnectAsync(url));
    }

    [Fact]
    public async Task The_machines_own_client_notices_that_it_was_revoked()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync();

        await server.RevokeAsync("m-1");

        using var guard = new CancellationTokenSource(TestServer.Guard);
        await foreach (var state in machine.Client.ReadStatesAsync(guard.Token))
        {
            if (state == ConnectionState.Refused)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_work_until_the_overlap_is_over()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(time: time);
        var old = await server.RegisterAsync("m-1", "qr");

        var fresh = await server.RotateAsync("m-1");

        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(server.NegotiateAsync("m-1", old))).Status);
        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(server.NegotiateAsync("m-1", fresh))).Status);

        time.Advance(TimeSpan.FromHours(24));
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), await RefusalAsync(server.NegotiateAsync("m-1", old)));
        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(server.NegotiateAsync("m-1", fresh))).Status);
    }

    [Fact]
    public async Task A_rotation_without_overlap_ends_the_old_secret_and_its_connection_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var old = await server.RegisterAsync("m-1", "qr");
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", old));

        var fresh = await server.RotateAsync("m-1", overlapHours: 0);

        Assert.Equal("The machine's secret was replaced.", await socket.ReadToCloseAsync());
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), await RefusalAsync(server.NegotiateAsync("m-1", old)));
        Assert.Equal(HttpStatusCode.OK, (await RefusalAsync(server.NegotiateAsync("m-1", fresh))).Status);
    }

    [Fact]
    public async Task A_token_opens_no_connection_once_its_hour_is_over()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var server = await TestServer.StartAsync(time: time);
        var secret = await server.RegisterAsync("m-1", "qr");
        var address = await server.SocketUrlAsync("m-1", secret);

        time.Advance(TimeSpan.FromMinutes(61));

        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.ConnectAsync(address));
        using var socket = await TestClient.ConnectAsync(await server.SocketUrlAsync("m-1", secret));
    }

    [Fact]
    public async Task Whoever_negotiates_too_often_is_told_to_wait_and_nobody_else_is()
    {
        await using var server = await TestServer.StartAsync();
        var secret = await server.RegisterAsync("m-2", "qr");

        var answers = new List<(HttpStatusCode Status, string? Name)>();
        while (answers is not [.., { Status: HttpStatusCode.TooManyRequests }] && answers.Count < 1_000)
        {
            answers.Add(await TestServer.RefusalAsync(server.NegotiateAsync("m-1", "guess")));
        }

        Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-attempts"), answers[^1]);
        using var other = await server.NegotiateAsync("m-2", secret);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task A_machine_takes_payments_only_on_its_channels()
    {
        await using var server = await TestServer.StartAsync();
        await using var machine = await server.NewMachineAsync("m-1", "card-terminal");

        var receipt = await machine.ReportAsync("o-1", TestMachine.Created("cash"));

        Assert.Equal((ReceiptStatus.Rejected, "channel-not-allowed"), (receipt.Status, receipt.Error?.Name));
    }

    [Fact]
    public async Task A_payment_reference_belongs_to_one_order()
    {
        await using var server = await TestServer.StartAsync();
        await using var first = await server.NewMachineAsync("m-1", "qr");
        await using var second = await server.NewMachineAsync("m-2", "qr");
        await first.SayAsync("o-1", TestMachine.Created("qr", "ref-1"));

        var receipt = await second.ReportAsync("o-1", TestMachine.Created("qr", "ref-1"));

        Assert.Equal((ReceiptStatus.Rejected, "reference-taken"), (receipt.Status, receipt.Error?.Name));
    }

    private static Task<(HttpStatusCode Status, string? Name)> RefusalAsync(Task<HttpResponseMessage> answering) => TestServer.RefusalAsync(answering);
}
