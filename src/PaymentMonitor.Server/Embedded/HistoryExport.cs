using System.Buffers;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server.Embedded;

/// <summary>
/// Everything consumed, in log order, as lines of JSON that a replay reads. Works beside a running server and without one, and
/// changes nothing.
/// </summary>
internal static class HistoryExport
{
    /// <returns>How many events were written.</returns>
    /// <exception cref="StartupException"><c>no-data</c> or <c>data-damaged</c>.</exception>
    internal static async Task<long> WriteAsync(string folder, Stream output, CancellationToken cancellationToken)
    {
        const int FlushAt = 64 * 1024;
        var path = StoreFolder.DatabaseIn(folder);
        if (!File.Exists(path))
        {
            throw new StartupException("no-data", $"There is no data in '{folder}': name the server's folder with --data.");
        }

        try
        {
            using var database = Database.Open(path, writable: false);
            using var rows = database.Prepare("SELECT receivedAt, source, machineId, event FROM log ORDER BY position");
            var buffer = new ArrayBufferWriter<byte>(2 * FlushAt);
            buffer.Write("{\"timers\":\"recorded\"}\n"u8);
            var count = 0L;
            for (; rows.Step(); count++)
            {
                WriteLine(buffer, rows);
                if (buffer.WrittenCount >= FlushAt)
                {
                    await output.WriteAsync(buffer.WrittenMemory, cancellationToken);
                    buffer.ResetWrittenCount();
                }
            }

            await output.WriteAsync(buffer.WrittenMemory, cancellationToken);
            return count;
        }
        catch (StoreException e)
        {
            throw new StartupException("data-damaged", $"The data file '{path}' cannot be read ({e.Message}): put back a backup of it.", e);
        }
    }

    private static void WriteLine(ArrayBufferWriter<byte> buffer, Statement row)
    {
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("receivedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(0)).UtcDateTime);
            writer.WriteString("source"u8, SourceName((EventSource)row.Int64(1)));
            writer.WriteString("machineId"u8, row.Text(2));
            writer.WritePropertyName("event"u8);
            WriteOnOneLine(writer, row.Blob(3));
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    // A line break in JSON can only stand between its parts, so a space in its place changes nothing but the layout.
    private static void WriteOnOneLine(Utf8JsonWriter writer, ReadOnlySpan<byte> json)
    {
        if (!json.ContainsAny((byte)'\n', (byte)'\r'))
        {
            writer.WriteRawValue(json, skipInputValidation: true);
            return;
        }

        var flat = json.ToArray();
        flat.AsSpan().Replace((byte)'\n', (byte)' ');
        flat.AsSpan().Replace((byte)'\r', (byte)' ');
        writer.WriteRawValue(flat, skipInputValidation: true);
    }

    private static string SourceName(EventSource source) => source switch
    {
        EventSource.Machine => "machine",
        EventSource.Provider => "provider",
        _ => "system",
    };
}
