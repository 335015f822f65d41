using PaymentMonitor.EndToEnd.Tests.Server;
using PaymentMonitor.Tests.Server;
using PaymentMonitor.Tests.Webhooks;

namespace PaymentMonitor.EndToEnd.Tests.Webhooks;

/// <summary>Subscriptions and deliveries from the command line.</summary>
public sealed class WebhooksCommandTests
{
    [Fact]
    public async Task An_integrator_subscribes_tests_and_looks_into_the_log()
    {
        await using var server = await TestServer.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        string[] at = ["--url", server.Address.ToString(), "--api-key", server.NewKey(Roles.Integrator)];
        Task<PaymentMonitorProgram.Outcome> RunAsync(params string[] arguments) => PaymentMonitorProgram.RunAsync(["webhooks", .. arguments, .. at]);

        var added = await RunAsync("add", shop.Url.ToString(), "--types", "order.created");
        Assert.True(added.ExitCode == 0, added.Errors);
        var (secret, id) = (added.Output.Trim(), added.Errors.Split(' ')[0]);
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.StartsWith("ep_", id, StringComparison.Ordinal);

        Assert.StartsWith("delivered  204", (await RunAsync("test", id)).Output, StringComparison.Ordinal);
        Assert.True((await shop.NextAsync()).IsSignedBy(secret, TimeProvider.System.GetUtcNow()));
        await using (var machine = await server.NewMachineAsync())
        {
            await machine.SayAsync("o-1", TestMachine.Created());
        }

        await shop.NextAsync();
        Assert.Equal(0, (await RunAsync("resend", id, "m-1", "o-1", "1")).ExitCode);
        await shop.NextAsync();
        Assert.Contains("m-1/o-1/1  order.created", (await RunAsync("log", id, "--outcome", "delivered")).Output, StringComparison.Ordinal);
        Assert.Contains("delivered", (await RunAsync("stats", id)).Output, StringComparison.Ordinal);
        Assert.Equal("0 orders", (await RunAsync("recover", id, "--since", "2026-11-23T12:00Z")).Output.Trim());
        Assert.Equal(0, (await RunAsync("disable", id)).ExitCode);
        Assert.Contains("disabled (asked)", (await RunAsync("list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("enable", id, "--skip-waiting")).ExitCode);
        Assert.StartsWith("whsec_", (await RunAsync("rotate", id)).Output, StringComparison.Ordinal);
        Assert.Contains("order.paid", (await RunAsync("change", id, "--types", "order.paid")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("remove", id)).ExitCode);

        var unknown = await RunAsync("test", id);
        Assert.Equal((1, true), (unknown.ExitCode, unknown.Errors.StartsWith("error: unknown-endpoint: ", StringComparison.Ordinal)));
    }
}
