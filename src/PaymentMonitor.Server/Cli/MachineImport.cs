using System.Collections.Concurrent;
using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor machines import</c>: a whole fleet from a file.</summary>
internal static class MachineImport
{
    private const int Parallelism = 16;

    internal static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV: machineId,channels[,secret]; channels separated by '+', for example m-17,qr+cash." };
        var connection = ServerConnection.Options();
        var command = new Command("import", "Registers the machines of a CSV file and writes 'machineId,secret' lines to standard output. Machines that are registered already stay as they are.") { file };
        connection.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var rows = await ReadAsync(parsed.GetRequiredValue(file), token);
            await using var server = await ServerConnection.OpenAsync(parsed, connection, token);
            return await RunAsync(server.Http, rows, token);
        });
        return command;
    }

    private static async Task<int> RunAsync(HttpClient http, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var refused = new ConcurrentQueue<string>();
        var secrets = new ConcurrentQueue<string>();
        var done = 0;
        await Parallel.ForEachAsync(rows, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (row, token) =>
        {
            using var response = await http.PutAsJsonAsync($"/api/machines/{Uri.EscapeDataString(row.MachineId)}", new { channels = row.Channels, secret = row.Secret }, token);
            if (response.IsSuccessStatusCode)
            {
                var answer = await response.Content.ReadFromJsonAsync<MachineSecretView>(token);
                secrets.Enqueue($"{row.MachineId},{answer!.Secret}");
            }
            else
            {
                refused.Enqueue($"line {row.Line}: {await ServerConnection.RefusalAsync(response, token)}");
            }

            if (Interlocked.Increment(ref done) % 500 == 0)
            {
                await Console.Error.WriteLineAsync($"{done} of {rows.Count}");
            }
        });

        foreach (var line in secrets.Order(StringComparer.Ordinal))
        {
            Console.WriteLine(line);
        }

        foreach (var line in refused)
        {
            await Console.Error.WriteLineAsync($"refused: {line}");
        }

        await Console.Error.WriteLineAsync($"{secrets.Count} registered, {refused.Count} refused.");
        return refused.IsEmpty ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<List<Row>> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (!file.Exists)
        {
            throw new StartupException("no-file", $"There is no file '{file.FullName}'.");
        }

        var rows = new List<Row>();
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(file.FullName, cancellationToken))
        {
            number++;
            var fields = line.Split(',', StringSplitOptions.TrimEntries);
            if (line.Length == 0 || line.StartsWith('#') || fields[0] == "machineId")
            {
                continue;
            }

            if (fields.Length is < 2 or > 3)
            {
                throw new StartupException("wrong-line", $"Line {number} is not 'machineId,channels[,secret]': nothing was imported.");
            }

            rows.Add(new Row(number, fields[0], MachinesCommand.Split(fields[1]), fields.Length == 3 ? fields[2] : null));
        }

        return rows;
    }

    private sealed record Row(int Line, string MachineId, string[] Channels, string? Secret);
}
