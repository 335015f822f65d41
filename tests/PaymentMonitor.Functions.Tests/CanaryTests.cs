using PaymentMonitor.Pipeline;
using PaymentMonitor.Server;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The canary's sale against the embedded server, which speaks as Web PubSub does and decides as Azure does.</summary>
public sealed class CanaryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-canary-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_canary_sells_and_confirms()
    {
        await using var server = await ServerApp.StartAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0", DemoCredentials = true, Quiet = true }, Stop);

        var took = await CanarySale.RunAsync(server.Address, CanaryMachine.Id, DemoMachines.Secret, Stop).WaitAsync(TimeSpan.FromSeconds(60), Stop);

        Assert.True(took > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_canary_that_is_not_let_in_says_so()
    {
        await using var server = await ServerApp.StartAsync(new ServeOptions { Data = _folder, Urls = "http://127.0.0.1:0", DemoCredentials = true, Quiet = true }, Stop);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => CanarySale.RunAsync(server.Address, CanaryMachine.Id, "wrong", Stop));

        Assert.Contains("wrong-credentials", error.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
