using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Tests.Provider;

/// <summary>
/// One order of 250 EUR on the channel qr, with the log that feeds it and a desk between it and a scripted provider, under a clock that
/// the test moves: what is appended is applied at once, and the order is woken whenever it wants to be.
/// </summary>
internal sealed class OrderAtTheDesk : IEventLog, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly OrderWorkflow _workflow = new(OrderOptions.Default);
    private readonly ProviderDesk _desk;
    private int _ids;

    internal OrderAtTheDesk(Func<PaymentProviderOptions, PaymentProviderOptions>? change = null)
    {
        var options = new PaymentProviderOptions { Address = new Uri("http://provider.test/v1") };
        _desk = new ProviderDesk(
            Provider.Client(), change?.Invoke(options) ?? options, OrderOptions.Default, this, Time, _services.GetRequiredService<IMeterFactory>(), NullLogger<ProviderDesk>.Instance);
    }

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    internal DateTimeOffset Now => Time.GetUtcNow();

    internal ScriptedProvider Provider { get; } = new();

    internal Order Order { get; private set; } = new(MachineId.Parse("m-1"), OrderId.Parse("o-1"));

    /// <summary>How many of the next appends fail, as those of a log that is down.</summary>
    internal int FailingAppends { get; set; }

    internal string[] Decisions => [.. Order.Decisions.Select(decision => $"{decision.Kind}({decision.Reason})")];

    internal IEnumerable<string> Ids => Order.Envelopes.Select(envelope => envelope.Event.Id.Value);

    internal static OrderEvent.Created Terms(string channel = "qr") =>
        new(250, Currency.Parse("EUR"), Channel.Parse(channel), ExpiresInSeconds: 60, PaymentReference.Parse("ref-1"));

    internal void Says(OrderEvent body, EventSource source = EventSource.Machine)
    {
        Apply(new ReportedEvent(EventId.Parse($"e{++_ids}"), Order.OrderId, body, Now), source, Now);
    }

    /// <summary>A payment that the provider has told by its callback.</summary>
    internal void Pays(string paymentId = "p-1", long amount = 250) => Says(new OrderEvent.PaymentSucceeded(PaymentId.Parse(paymentId), amount), EventSource.Provider);

    internal void Claims(string paymentId = "p-1") => Says(new OrderEvent.PaymentSucceeded(PaymentId.Parse(paymentId), 250));

    internal void Advance(TimeSpan time)
    {
        var end = Now + time;
        while (Order.Due is { } due && due <= end)
        {
            Time.SetUtcNow(due > Now ? due : Now);
            Apply(new ReportedEvent(EventId.Parse("due"), Order.OrderId, new OrderEvent.Due(), Now), EventSource.System, Now);
        }

        Time.SetUtcNow(end);
    }

    internal Task<TimeSpan> DoAsync(int attempts = 0) => DoAsync(Order, attempts);

    internal async Task<TimeSpan> DoAsync(Order order, int attempts = 0) => await _desk.DoAsync(order, attempts, TestContext.Current.CancellationToken);

    public ValueTask AppendAsync(Report report, CancellationToken cancellationToken)
    {
        if (FailingAppends > 0)
        {
            FailingAppends--;
            return ValueTask.FromException(new LogUnavailableException("The disk is full."));
        }

        // As it would come back from the log: what cannot be read again must not be appended.
        Assert.True(EventJson.TryRead(report.Raw.Span, out var reported, out var refusal), refusal?.Error.Message);
        Apply(reported, report.Source, Now);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        Provider.Dispose();
        _services.Dispose();
    }

    private void Apply(ReportedEvent reported, EventSource source, DateTimeOffset receivedAt)
    {
        Order = _workflow.Work(Order, EventTime.Stamp(reported, source, Order.MachineId, receivedAt, _workflow.Options)).Order;
    }
}
