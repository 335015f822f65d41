using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Server;

/// <summary>A machine on the real client: what it reports, and one decision after the other.</summary>
internal sealed class TestMachine : IAsyncDisposable
{
    private readonly IAsyncEnumerator<MachineDecision> _decisions;

    internal TestMachine(MachineClientOptions options)
    {
        Client = new MachineClient(options);
        _decisions = Client.ReadDecisionsAsync().GetAsyncEnumerator();
    }

    internal MachineClient Client { get; }

    internal async Task<Receipt> ReportAsync(string orderId, OrderEvent body)
    {
        var report = await Client.ReportAsync(OrderId.Parse(orderId), body);
        return await report.Receipt.WaitAsync(TestServer.Guard);
    }

    /// <summary>Reports what must be accepted.</summary>
    internal async Task SayAsync(string orderId, params OrderEvent[] events)
    {
        foreach (var body in events)
        {
            var receipt = await ReportAsync(orderId, body);
            Assert.True(receipt.Status == ReceiptStatus.Accepted, $"{body.Type}: {receipt}");
        }
    }

    internal async Task<Decision> NextDecisionAsync()
    {
        Assert.True(await _decisions.MoveNextAsync().AsTask().WaitAsync(TestServer.Guard));
        return _decisions.Current.Decision;
    }

    internal static OrderEvent Created(string channel = "card-terminal", string? paymentRef = null, int expiresIn = 300, long amount = 250)
    {
        return new OrderEvent.Created(
            amount, Currency.Parse("EUR"), Channel.Parse(channel), expiresIn, paymentRef is null ? null : PaymentReference.Parse(paymentRef));
    }

    internal static OrderEvent Paid(string paymentId, long amount = 250) => new OrderEvent.PaymentSucceeded(PaymentId.Parse(paymentId), amount);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _decisions.DisposeAsync();
    }
}
