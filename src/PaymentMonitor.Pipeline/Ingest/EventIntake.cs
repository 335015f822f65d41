using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Takes a machine's event in: checks it, appends it to the log, and answers with a receipt. Accepted means durable. What will
/// never be accepted is rejected; what could be, later, gets a retry.
/// </summary>
public sealed class EventIntake : IDisposable
{
    private readonly IEventLog _log;
    private readonly IPaymentReferences _references;
    private readonly IntakeOptions _options;
    private readonly PartitionedRateLimiter<MachineId> _rate;
    private readonly Counter<long> _receipts;

    public EventIntake(IEventLog log, IPaymentReferences references, IntakeOptions options, IMeterFactory meters)
    {
        _log = log;
        _references = references;
        _options = options;
        _rate = PartitionedRateLimiter.Create<MachineId, MachineId>(machine => RateLimitPartition.GetTokenBucketLimiter(machine, _ => Bucket(options)));
        _receipts = meters.Create(Telemetry.Meter).CreateCounter<long>("paymentmonitor.receipts", "{receipt}", "Receipts by status and error.");
    }

    public async ValueTask<Receipt> AcceptAsync(MachineRecord machine, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var receipt = await JudgeAsync(machine, json, cancellationToken);
        _receipts.Add(1, new("status", StatusName(receipt.Status)), new("error", receipt.Error?.Name ?? "none"));
        return receipt;
    }

    public void Dispose() => _rate.Dispose();

    private async ValueTask<Receipt> JudgeAsync(MachineRecord machine, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (json.Length > _options.MaxEventBytes)
        {
            return Receipt.Rejected(null, new NamedError("too-large", $"An event may have at most {_options.MaxEventBytes} bytes; this one has {json.Length}."));
        }

        if (!EventJson.TryRead(json.Span, out var reported, out var refusal))
        {
            return Receipt.Rejected(refusal.Id, refusal.Error);
        }

        var id = reported.Id.Value;
        using (var lease = _rate.AttemptAcquire(machine.MachineId))
        {
            if (!lease.IsAcquired)
            {
                return Receipt.Retry(id, new NamedError("rate-limited", $"A machine may report {_options.EventsPerSecond} events a second."), TimeSpan.FromSeconds(1));
            }
        }

        if (id.Contains('/'))
        {
            return Receipt.Rejected(id, new NamedError("invalid-field", "The field 'id' must have no '/': such ids are the system's own."));
        }

        try
        {
            if (reported.Body is OrderEvent.Created created && await RefuseTermsAsync(machine, reported, created, cancellationToken) is { } error)
            {
                return Receipt.Rejected(id, error);
            }

            await _log.AppendAsync(new Report(machine.MachineId, EventSource.Machine, reported, json), cancellationToken);
            return Receipt.Accepted(id);
        }
        catch (LogUnavailableException e)
        {
            return Receipt.Retry(id, new NamedError("unavailable", e.Message), e.RetryAfter);
        }
    }

    private async ValueTask<NamedError?> RefuseTermsAsync(
        MachineRecord machine, ReportedEvent reported, OrderEvent.Created created, CancellationToken cancellationToken)
    {
        if (!machine.Channels.Contains(created.Channel))
        {
            return new NamedError("channel-not-allowed", $"The machine is not registered for the channel '{created.Channel}'.");
        }

        if (created.PaymentRef is not { } reference)
        {
            return null;
        }

        var order = new OrderKey(machine.MachineId, reported.OrderId);
        return await _references.BindAsync(reference, order, cancellationToken) == order
            ? null
            : new NamedError("reference-taken", $"The payment reference '{reference}' belongs to another order.");
    }

    private static TokenBucketRateLimiterOptions Bucket(IntakeOptions options) => new()
    {
        TokenLimit = options.EventsBurst,
        TokensPerPeriod = options.EventsPerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        AutoReplenishment = true,
    };

    private static string StatusName(ReceiptStatus status) => status switch
    {
        ReceiptStatus.Accepted => "accepted",
        ReceiptStatus.Rejected => "rejected",
        _ => "retry",
    };
}
