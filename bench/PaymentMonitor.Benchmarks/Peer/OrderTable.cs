using System.Buffers;
using Npgsql;
using NpgsqlTypes;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>The orders in PostgreSQL: one row each, a batch in one statement.</summary>
internal sealed class OrderTable(NpgsqlDataSource database)
{
    internal async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            CREATE TABLE IF NOT EXISTS orders (
                machine_id text NOT NULL,
                order_id text NOT NULL,
                status text NOT NULL,
                version int NOT NULL,
                confirmed_version int NOT NULL,
                due timestamptz,
                document bytea NOT NULL,
                PRIMARY KEY (machine_id, order_id)) WITH (fillfactor = 70);
            CREATE INDEX IF NOT EXISTS orders_due ON orders (due) WHERE due IS NOT NULL;
            """);
        _ = await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal async Task<Order?> ReadAsync(string machine, string orderId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT document FROM orders WHERE machine_id = $1 AND order_id = $2");
        command.Parameters.Add(new() { Value = machine });
        command.Parameters.Add(new() { Value = orderId });
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] document ? OrderDocument.Read(document) : null;
    }

    internal async Task SaveAsync(IReadOnlyCollection<Order> orders, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            INSERT INTO orders (machine_id, order_id, status, version, confirmed_version, due, document)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (machine_id, order_id) DO UPDATE SET
                status = excluded.status, version = excluded.version, confirmed_version = excluded.confirmed_version,
                due = excluded.due, document = excluded.document
            """);
        Add(command, NpgsqlDbType.Text, orders.Select(order => order.MachineId.Value).ToArray());
        Add(command, NpgsqlDbType.Text, orders.Select(order => order.OrderId.Value).ToArray());
        Add(command, NpgsqlDbType.Text, orders.Select(order => order.Status.ToString()).ToArray());
        Add(command, NpgsqlDbType.Integer, orders.Select(order => order.Version).ToArray());
        Add(command, NpgsqlDbType.Integer, orders.Select(order => order.ConfirmedVersion).ToArray());
        Add(command, NpgsqlDbType.TimestampTz, orders.Select(order => order.Due?.UtcDateTime).ToArray());
        Add(command, NpgsqlDbType.Bytea, orders.Select(Document).ToArray());
        _ = await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal async Task<IReadOnlyList<(string Machine, string OrderId)>> DueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT machine_id, order_id FROM orders WHERE due <= $1 ORDER BY due LIMIT 1000");
        command.Parameters.Add(new() { Value = now.UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<(string, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add((reader.GetString(0), reader.GetString(1)));
        }

        return due;
    }

    private static byte[] Document(Order order)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        OrderDocument.Write(buffer, order);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, T[] values)
    {
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
