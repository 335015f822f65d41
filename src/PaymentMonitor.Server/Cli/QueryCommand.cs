using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using DuckDB.NET.Data;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor query</c>: SQL over the archive, read where it lies.</summary>
internal static class QueryCommand
{
    internal static Command Create()
    {
        var sql = new Argument<string>("sql") { Description = "DuckDB's SQL over the table 'orders'; docs/operations.md has the columns.", HelpName = "SQL" };
        var archive = new Option<string?>("--archive") { Description = "The archive's folder; left out, the one in the data folder.", HelpName = "DIR" };
        var data = DataFolder.Option();
        var command = new Command("query", "Asks the archive of orders: one row an order, all days that are over. Reads files only, so it works beside a running server. The answer is CSV.") { sql, archive, data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = parsed.GetValue(archive) is { } path ? new ArchiveFolder(Path.GetFullPath(path)) : ArchiveFolder.In(Path.GetFullPath(parsed.GetRequiredValue(data)));
            if (folder.IsEmpty)
            {
                throw new StartupException("no-archive", $"There is nothing in the archive '{folder.Path}' yet: a day is written when it is over (UTC). Name another folder with --archive or --data.");
            }

            try
            {
                await WriteAsync(folder, parsed.GetRequiredValue(sql), Console.Out, cancellationToken);
                return CommandLine.Done;
            }
            catch (DuckDBException e)
            {
                await Console.Error.WriteLineAsync($"error: wrong-query: {e.Message}");
                return CommandLine.Failed;
            }
        });
        return command.WithExamples("""
            paymentmonitor query "SELECT MachineId, date_trunc('hour', CompletedAt) AS hour, Currency, sum(Revenue) / 100.0 AS revenue FROM orders WHERE Status = 'Completed' GROUP BY ALL ORDER BY ALL"
            paymentmonitor query "SELECT coalesce(FailureReason, CloseReason) AS reason, count(*) AS orders FROM orders WHERE Status <> 'Completed' GROUP BY ALL ORDER BY orders DESC"
            paymentmonitor query "SELECT Channel, quantile_cont(epoch_ms(AllowedAt) - epoch_ms(PaidAt), [0.5, 0.99]) AS ms FROM orders WHERE AllowedAt IS NOT NULL GROUP BY ALL"
            """);
    }

    internal static async Task WriteAsync(ArchiveFolder folder, string sql, TextWriter output, CancellationToken cancellationToken)
    {
        await using var connection = new DuckDBConnection("DataSource=:memory:");
        await connection.OpenAsync(cancellationToken);
        await using (var create = connection.CreateCommand())
        {
            create.CommandText = View(folder.Pattern);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var query = connection.CreateCommand();
        query.CommandText = sql;
        await using var rows = await query.ExecuteReaderAsync(cancellationToken);
        await output.WriteLineAsync(string.Join(',', Enumerable.Range(0, rows.FieldCount).Select(column => Csv(rows.GetName(column)))));
        while (await rows.ReadAsync(cancellationToken))
        {
            await output.WriteLineAsync(string.Join(',', Enumerable.Range(0, rows.FieldCount).Select(column => Csv(Text(rows, column)))));
        }
    }

    // Of an order that is in several files the newest row counts.
    private static string View(string files) => $"""
        CREATE VIEW orders AS SELECT * EXCLUDE (nth) FROM (
            SELECT *, row_number() OVER (PARTITION BY MachineId, OrderId ORDER BY Version DESC, UpdatedAt DESC) AS nth
            FROM read_parquet('{files.Replace("'", "''", StringComparison.Ordinal)}', union_by_name = true, hive_partitioning = true))
        WHERE nth = 1
        """;

    private static string Text(DbDataReader rows, int column) => rows.IsDBNull(column) ? "" : rows.GetValue(column) switch
    {
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        string text => text,
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(item => Convert.ToString(item, CultureInfo.InvariantCulture)))}]",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Csv(string text) => text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
