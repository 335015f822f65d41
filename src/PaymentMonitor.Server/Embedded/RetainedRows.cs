namespace PaymentMonitor.Server.Embedded;

/// <summary>Takes the oldest rows of a table away, if they are too old: at most so many at a time.</summary>
internal static class RetainedRows
{
    // Where orders are worked behind the log, what was not worked yet stays. The newest row stays: the log counts on from it, and time goes on behind it. Arrivals never run backwards, so that only the oldest
    // rows need to be looked at.
    internal static int TrimLog(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM log WHERE position < (SELECT max(position) FROM log) AND position <= (SELECT coalesce(min(position), ~(1 << 63)) FROM log_position) AND position IN (
            SELECT position FROM (SELECT position, receivedAt FROM log ORDER BY position LIMIT ?2) WHERE receivedAt < ?1)
        """);

    internal static int TrimDeadLetters(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM dead_letters WHERE id IN (SELECT id FROM (SELECT id, time FROM dead_letters ORDER BY id LIMIT ?2) WHERE time < ?1)
        """);

    /// <summary>Reservations that ran out before then and were never settled. A used code is kept: it is used for good.</summary>
    internal static int TrimCoupons(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM coupons WHERE code IN (SELECT code FROM coupons WHERE expiresAt < ?1 LIMIT ?2)
        """);

    /// <summary>Callbacks that nobody tries any more, as without a provider.</summary>
    internal static int TrimParked(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM parked WHERE n IN (SELECT n FROM (SELECT n, parkedAt FROM parked ORDER BY n LIMIT ?2) WHERE parkedAt < ?1)
        """);

    internal static int TrimRiskHistory(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM risk_history WHERE n IN (
            SELECT n FROM (SELECT n, document FROM risk_history ORDER BY n LIMIT ?2)
            WHERE unixepoch(json_extract(CAST(document AS TEXT), '$.at')) * 1000 < ?1)
        """);

    /// <summary>Machines that were last heard of before then.</summary>
    internal static int TrimProgress(UnitOfWork work, DateTimeOffset before, int max) => Run(work.Writer.Database, before, max, """
        DELETE FROM progress WHERE machineId IN (
            SELECT machineId FROM progress WHERE unixepoch(json_extract(CAST(document AS TEXT), '$.lastSeenAt')) * 1000 < ?1 LIMIT ?2)
        """);

    private static int Run(Database database, DateTimeOffset before, int max, string sql)
    {
        using var statement = database.Prepare(sql);
        statement.Bind(1, before.ToUnixTimeMilliseconds()).Bind(2, max).Run();
        return database.Changes;
    }
}
