using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
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
    private readonly TimeProvider _time;
    private readonly Counter<long> _events, _receipts;
    private readonly Histogram<double> _duration, _clockDifference;
    private readonly CouponDesk? _coupons;
    private readonly GapWatch? _gaps;

    /// <param name="coupons">Reserves the coupons of orders; null where nobody keeps coupons.</param>
    /// <param name="gaps">Notes which numbered reports arrived; null where nobody looks for gaps.</param>
    public EventIntake(IEventLog log, IPaymentReferences references, IntakeOptions options, IMeterFactory meters, TimeProvider time, CouponDesk? coupons = null, GapWatch? gaps = null)
    {
        _log = log;
        _references = references;
        _options = options;
        // One delegate for all: every event asks. The partitioned limiter replenishes its buckets itself.
        Func<MachineId, RateLimiter> bucket = _ => new TokenBucketRateLimiter(Bucket(options));
        _rate = PartitionedRateLimiter.Create<MachineId, MachineId>(machine => RateLimitPartition.Get(machine, bucket));
        _time = time;
        _coupons = coupons;
        _gaps = gaps;
        var meter = meters.Create(Telemetry.Meter);
        _events = meter.CreateCounter<long>(Telemetry.Events, "{event}", "Events that machines reported, by type and outcome.");
        _receipts = meter.CreateCounter<long>(Telemetry.Receipts, "{receipt}", "Receipts by status and error.");
        _duration = meter.CreateHistogram<double>(Telemetry.ReceiptDuration, "s", "From an event's arrival to its receipt.", advice: Latency.Buckets);
        _clockDifference = meter.CreateHistogram<double>(
            Telemetry.ClockDifference, "s", "How far the arrival of an event is from its sentAt, in either direction: the way here and the machine's clock.", advice: Clocks);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<Receipt> AcceptAsync(MachineRecord machine, WireForm form, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var arrived = _time.GetTimestamp();
        var (receipt, reported) = await JudgeAsync(machine, form, data, cancellationToken);
        var status = StatusName(receipt.Status);
        _duration.Record(_time.GetElapsedTime(arrived).TotalSeconds);
        _events.Add(1, new("type", reported?.Body.Type ?? "unreadable"), new("outcome", status));
        _receipts.Add(1, new("status", status), new("error", receipt.Error?.Name ?? "none"));
        if (_gaps is not null && reported is { Boot: not null, Seq: not null } && receipt.Status is not ReceiptStatus.Retry)
        {
            _gaps.Note(machine.MachineId, reported, _time.GetUtcNow());
        }

        if (reported?.SentAt is { } sentAt)
        {
            _clockDifference.Record(Math.Abs((_time.GetUtcNow() - sentAt).TotalSeconds));
        }

        return receipt;
    }

    public void Dispose() => _rate.Dispose();

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<(Receipt Receipt, ReportedEvent? Event)> JudgeAsync(
        MachineRecord machine, WireForm form, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (data.Length > _options.MaxEventBytes)
        {
            return (Receipt.Rejected(null, new NamedError("too-large", $"An event may have at most {_options.MaxEventBytes} bytes; this one has {data.Length}.")), null);
        }

        if (!TryRead(form, data.Span, out var reported, out var refusal))
        {
            return (Receipt.Rejected(refusal.Id, refusal.Error), null);
        }

        using var trace = Traces.Report(reported.Trace, reported.Body.Type, _options.TracedShare);
        var id = reported.Id.Value;
        using (var lease = _rate.AttemptAcquire(machine.MachineId))
        {
            if (!lease.IsAcquired)
            {
                return (Receipt.Retry(id, new NamedError("rate-limited", $"A machine may report {_options.EventsPerSecond} events a second."), TimeSpan.FromSeconds(1)), reported);
            }
        }

        if (id.Contains('/'))
        {
            return (Receipt.Rejected(id, new NamedError("invalid-field", "The field 'id' must have no '/': such ids are the system's own.")), reported);
        }

        try
        {
            if (reported.Body is OrderEvent.Created created && await RefuseTermsAsync(machine, reported, created, cancellationToken) is { } error)
            {
                return (Receipt.Rejected(id, error), reported);
            }

            // The log has one form, so that an export and a replay read without knowing how each machine spoke.
            var json = form == WireForm.Json ? data : EventJson.ToBytes(reported);
            var traced = trace?.Id is { } traceParent ? reported with { Trace = traceParent } : reported;
            var denial = await ReserveCouponAsync(machine.MachineId, reported, cancellationToken);
            await _log.AppendAsync(new Report(machine.MachineId, EventSource.Machine, traced, json), cancellationToken);
            if (denial is not null)
            {
                // No receipt before both are durable: the machine repeats the creation otherwise, and with it this.
                await _log.AppendAsync(new Report(machine.MachineId, EventSource.System, denial, EventJson.ToBytes(denial)), cancellationToken);
            }

            return (Receipt.Accepted(id), reported);
        }
        catch (LogUnavailableException e)
        {
            return (Receipt.Retry(id, new NamedError("unavailable", e.Message), e.RetryAfter), reported);
        }
    }

    private static bool TryRead(
        WireForm form, ReadOnlySpan<byte> data, [NotNullWhen(true)] out ReportedEvent? reported, [NotNullWhen(false)] out EventRefusal? refusal)
    {
        return form == WireForm.Json ? EventJson.TryRead(data, out reported, out refusal) : EventProtobuf.TryRead(data, out reported, out refusal);
    }

    private ValueTask<ReportedEvent?> ReserveCouponAsync(MachineId machineId, ReportedEvent reported, CancellationToken cancellationToken)
    {
        return _coupons is not null && reported.Body is OrderEvent.Created { CouponCode.Length: > 0 } created
            ? _coupons.ReserveAsync(new OrderKey(machineId, reported.OrderId), created, cancellationToken)
            : ValueTask.FromResult<ReportedEvent?>(null);
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

    private static InstrumentAdvice<double> Clocks { get; } = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3_600, 86_400] };

    private static TokenBucketRateLimiterOptions Bucket(IntakeOptions options) => new()
    {
        TokenLimit = options.EventsBurst,
        TokensPerPeriod = options.EventsPerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        AutoReplenishment = false,
    };

    private static string StatusName(ReceiptStatus status) => status switch
    {
        ReceiptStatus.Accepted => "accepted",
        ReceiptStatus.Rejected => "rejected",
        _ => "retry",
    };
}
