using System.Collections.Immutable;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// How far an endpoint has been told of an order. Its notices are delivered one after the other: one that fails holds up the later
/// ones until it succeeds or its schedule ends. Immutable and pure; whoever stores it applies these changes to the newest state.
/// </summary>
public sealed record WebhookCursor(CursorKey Key)
{
    /// <summary>The first notice that was not passed yet.</summary>
    public int Next { get; init; } = 1;

    /// <summary>The newest notice that a signal has named. Above what was seen of the order: look again.</summary>
    public int Wanted { get; init; }

    /// <summary>Notices before this moment are not told.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>Notices to be sent once more, before the next: lowest first.</summary>
    public ImmutableArray<int> Again { get; init; } = [];

    /// <summary>Notices whose schedule ended without success, lowest first.</summary>
    public ImmutableArray<ParkedNotice> Parked { get; init; } = [];

    /// <summary>How often the notice that is to be sent now has failed.</summary>
    public int Failures { get; init; }

    /// <summary>Counts how often everything was asked for again: what was delivered for an earlier count does not move this one on.</summary>
    public int Round { get; init; }

    /// <summary>When there is something to do, or null when nothing is known to be.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Something is to be told, once the endpoint is enabled again.</summary>
    public bool Waiting { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>A cursor that begins now. What is older than the retention was told by one that is gone, or is no longer told.</summary>
    public static WebhookCursor New(CursorKey key, DateTimeOffset now) => new(key) { From = now - WebhookOptions.Retention, UpdatedAt = now };

    /// <returns>What is to be sent now, or null.</returns>
    public Notice? Pick(Order order, WebhookEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!Again.IsEmpty)
        {
            return order.Notices[Again[0] - 1];
        }

        for (var n = Next; n <= order.Notices.Length && endpoint.Wants(order.MachineId); n++)
        {
            if (order.Notices[n - 1] is var notice && notice.Time >= From && endpoint.Wants(notice))
            {
                return notice;
            }
        }

        return null;
    }

    /// <summary>There is news. A retry that waits for its time goes on waiting.</summary>
    public WebhookCursor Signalled(int through, DateTimeOffset now) =>
        through < Next ? this : this with { Wanted = Math.Max(Wanted, through), DueAt = DueAt ?? now, UpdatedAt = now };

    public WebhookCursor Delivered(int n, DateTimeOffset now) => Passed(n, now) with { Parked = Parked.RemoveAll(parked => parked.N == n) };

    public WebhookCursor Failed(DateTimeOffset dueAt, DateTimeOffset now) => this with { Failures = Failures + 1, DueAt = dueAt, UpdatedAt = now };

    /// <summary>The schedule of a notice has ended: the next one goes.</summary>
    public WebhookCursor Park(Notice notice, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var others = Parked.RemoveAll(parked => parked.N == notice.N);
        return Passed(notice.N, now) with { Parked = [.. others.Add(new ParkedNotice(notice.N, notice.Time)).OrderBy(parked => parked.N)] };
    }

    /// <summary>Everything up to <paramref name="seen"/> was looked at. What was signalled or asked for meanwhile is still due.</summary>
    public WebhookCursor Settled(int seen, DateTimeOffset now)
    {
        var isDue = Wanted > seen || !Again.IsEmpty;
        return this with { Next = Math.Max(Next, seen + 1), Failures = 0, DueAt = isDue ? now : null, Waiting = false, UpdatedAt = now };
    }

    /// <summary>The endpoint or the order is gone: nothing is left to tell.</summary>
    public WebhookCursor Ended(DateTimeOffset now) =>
        this with { Again = [], Parked = [], Failures = 0, DueAt = null, Waiting = false, UpdatedAt = now };

    /// <summary>The endpoint is disabled.</summary>
    public WebhookCursor Held(DateTimeOffset now) => this with { DueAt = null, Waiting = true, UpdatedAt = now };

    /// <summary>The endpoint is enabled again.</summary>
    public WebhookCursor Resumed(DateTimeOffset now) => this with { DueAt = now, Waiting = false, Failures = 0, UpdatedAt = now };

    /// <summary>Sends a notice once more, or at once if it is still to be sent.</summary>
    public WebhookCursor Resend(int n, DateTimeOffset now) =>
        Resumed(now) with { Again = n >= Next || Again.Contains(n) ? Again : [.. Again.Add(n).Order()] };

    /// <summary>Sends what was parked, if it is of <paramref name="since"/> or later.</summary>
    public WebhookCursor ResendParked(DateTimeOffset since, DateTimeOffset now)
    {
        var cursor = this;
        foreach (var parked in Parked)
        {
            cursor = parked.Time >= since ? cursor.Resend(parked.N, now) : cursor;
        }

        return cursor;
    }

    /// <summary>Sends everything of <paramref name="since"/> or later once more.</summary>
    public WebhookCursor ResendAll(DateTimeOffset since, DateTimeOffset now) => Resumed(now) with { Next = 1, From = since, Again = [], Round = Round + 1 };

    private WebhookCursor Passed(int n, DateTimeOffset now) => Again.Contains(n)
        ? this with { Again = Again.Remove(n), Failures = 0, UpdatedAt = now }
        : this with { Next = Math.Max(Next, n + 1), Failures = 0, UpdatedAt = now };
}

/// <param name="Time">When the notice was written, not when it was parked.</param>
public sealed record ParkedNotice(int N, DateTimeOffset Time);
