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

    private static int Run(Database database, DateTimeOffset before, int max, string sql)
    {
        using var statement = database.Prepare(sql);
        statement.Bind(1, before.ToUnixTimeMilliseconds()).Bind(2, max).Run();
        return database.Changes;
    }
}
