using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>How far into the log the orders were worked, in a folder whose orders are kept elsewhere. Such a folder is told by having one.</summary>
internal static class LogPosition
{
    /// <exception cref="StartupException">The folder was begun the other way.</exception>
    internal static void Require(Database database, bool ordersElsewhere, string folder)
    {
        var isElsewhere = Read(database) is not null;
        if (isElsewhere && !ordersElsewhere)
        {
            throw new StartupException("data-elsewhere", $"The orders of '{folder}' are in Cosmos DB: start with --cosmos and --storage as before, or name another folder with --data.");
        }

        if (ordersElsewhere && !isElsewhere)
        {
            if (database.ReadInt64("SELECT max(position) FROM log") > 0)
            {
                throw new StartupException("data-embedded", $"The folder '{folder}' has orders of its own, which nothing moves to Cosmos DB: name an empty folder with --data, or leave --cosmos out.");
            }

            database.Execute("INSERT INTO log_position VALUES(1, 0)");
        }
    }

    internal static long? Read(Database database)
    {
        using var read = database.Prepare("SELECT position FROM log_position");
        return read.Step() ? read.Int64(0) : null;
    }

    internal static void Save(Database database, long position)
    {
        using var save = database.Prepare("UPDATE log_position SET position = max(position, ?1)");
        save.Bind(1, position).Run();
    }
}

/// <summary>An event as it stands in the log.</summary>
internal sealed record LogRow(long Position, long ReceivedAtMs, MachineId MachineId, EventSource Source, byte[] Event);

/// <summary>An order as it was saved elsewhere.</summary>
/// <param name="CreatedAtMs">The arrival of the first event that was worked now.</param>
/// <param name="WokenAtMs">When it was last woken, if it was.</param>
internal sealed record SavedOrder(Order Order, long CreatedAtMs, long? WokenAtMs)
{
    /// <summary>Whether there is anything in it that a reader of the feed could want to know. A clock that moved alone is not saved.</summary>
    internal static bool IsNews(Order known, Order saved) =>
        saved.Envelopes.Length != known.Envelopes.Length
        || saved.Version != known.Version
        || saved.ConfirmedVersion > known.ConfirmedVersion
        || saved.Status != known.Status
        || saved.Due != known.Due
        || saved.VerdictAskedAt != known.VerdictAskedAt
        || saved.Errands != known.Errands
        || saved.Notices.Length != known.Notices.Length
        || !saved.Flags.SequenceEqual(known.Flags);
}
