using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>How a machine reaches the back end. Everything but the first three has a safe default.</summary>
public sealed record MachineClientOptions
{
    /// <summary>The back end's address, for example <c>https://payments.example.com</c>; the client asks <c>/api/negotiate</c> under it.</summary>
    public required Uri Endpoint { get; init; }

    public required MachineId MachineId { get; init; }

    /// <summary>The machine's secret, as the registry printed it. It is sent in the body of the negotiation only and never logged.</summary>
    public required string Secret { get; init; }

    /// <summary>
    /// Where events and decisions outlive a power cut: <see cref="MachineJournal.Open(JournalOptions, Microsoft.Extensions.Logging.ILogger{MachineJournal}?)"/>.
    /// The client does not dispose it.
    /// </summary>
    public required MachineJournal Journal { get; init; }

    /// <summary>Lets the secret travel over plain http to another host. Only for a network that is itself trusted.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>
    /// Events that may wait for a receipt, which are in memory too. When it is full, reports are refused with
    /// <see cref="ReportRefusedException"/>; the last quarter is kept for orders that are already under way, so new orders are refused earlier.
    /// </summary>
    public int OutboxCapacity { get; init; } = 10_000;

    /// <summary>Events sent and not yet receipted at any time; the rest of the outbox waits its turn, in order.</summary>
    public int InFlightWindow { get; init; } = 32;

    /// <summary>Events sent each second, sustained: a backlog does not come all at once. Below what the back end takes of a machine.</summary>
    public double EventsPerSecond { get; init; } = 50;

    /// <summary>Events that may go without that limit after a pause.</summary>
    public int EventsBurst { get; init; } = 100;

    /// <summary>
    /// Told about each permission that came too late, after <c>shipment.failed</c> with the reason <c>expired</c> was reported for it.
    /// It runs where decisions are read; it must not throw.
    /// </summary>
    public Action<Decision>? PermissionExpired { get; init; }

    /// <summary>Decisions that wait to be read. One that finds no room is dropped unconfirmed, and the back end sends it again.</summary>
    public int DecisionCapacity { get; init; } = 256;

    /// <summary>Confirmations of decisions are gathered for this long and sent together.</summary>
    public TimeSpan ConfirmDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest time between two syncs.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>An event without a receipt for this long on a live connection is sent again.</summary>
    public TimeSpan ReceiptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A silent connection is pinged this often, and given up when the answer takes as long again: a dead one is noticed within two intervals.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one attempt to negotiate or to connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public Backoff Backoff { get; init; } = new();

    /// <summary>
    /// After what looks like a drop of the whole fleet (the service restarts, or has forgotten the connection) the first attempt comes at
    /// any moment up to this, so that the fleet does not come back in one second.
    /// </summary>
    public TimeSpan ReconnectSpread { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How the client and Web PubSub talk; JSON is for debugging.</summary>
    public MachineSubprotocol Subprotocol { get; init; }

    /// <summary>How often a refused machine asks again: somebody must change something first, so it does not hammer.</summary>
    public TimeSpan RefusedDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Carries all HTTP and WebSocket traffic, for a proxy or a private certificate authority. Null: one that all clients of the process share.</summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>Leaves the secret out.</summary>
    public override string ToString() => $"{nameof(MachineClientOptions)} {{ {nameof(Endpoint)} = {Endpoint}, {nameof(MachineId)} = {MachineId} }}";

    internal void Validate()
    {
        Require(Endpoint is { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(Endpoint), "an absolute http or https address");
        Require(
            Endpoint.Scheme == "https" || Endpoint.IsLoopback || AllowUnencrypted,
            nameof(Endpoint),
            $"https, because the secret must not cross a network in clear; set {nameof(AllowUnencrypted)} where the network itself is trusted");
        Require(MachineId.Value.Length > 0, nameof(MachineId), MachineId.Rule);
        Require(!string.IsNullOrEmpty(Secret), nameof(Secret), "the machine's secret");
        Require(Journal is not null, nameof(Journal), "an open journal");
        Require(OutboxCapacity is >= 4 and <= 1_000_000, nameof(OutboxCapacity), "4 to 1,000,000");
        Require(InFlightWindow is >= 1 and <= 1_000, nameof(InFlightWindow), "1 to 1,000");
        Require(EventsPerSecond is > 0 and <= 1_000_000, nameof(EventsPerSecond), "above 0 and at most 1,000,000");
        Require(EventsBurst is >= 1 and <= 1_000_000, nameof(EventsBurst), "1 to 1,000,000");
        Require(DecisionCapacity is >= 1 and <= 100_000, nameof(DecisionCapacity), "1 to 100,000");
        Require(ConfirmDelay >= TimeSpan.Zero && ConfirmDelay <= SyncInterval, nameof(ConfirmDelay), $"at most {nameof(SyncInterval)}");
        Require(SyncInterval > TimeSpan.Zero, nameof(SyncInterval), "above zero");
        Require(ReceiptTimeout > TimeSpan.Zero, nameof(ReceiptTimeout), "above zero");
        Require(KeepAliveInterval > TimeSpan.Zero, nameof(KeepAliveInterval), "above zero: without it a dead connection is never noticed");
        Require(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), "above zero");
        Require(RefusedDelay > TimeSpan.Zero, nameof(RefusedDelay), "above zero");
        Require(ReconnectSpread >= TimeSpan.Zero, nameof(ReconnectSpread), "zero or more");
        Require(Enum.IsDefined(Subprotocol), nameof(Subprotocol), "one that is known");
        Require(Backoff.Base > TimeSpan.Zero && Backoff.Max >= Backoff.Base, nameof(Backoff), "above zero, and its maximum not below its base");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(MachineClientOptions)}.{name} must be {rule}.");
        }
    }
}
