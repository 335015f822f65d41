using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using PaymentMonitor.Benchmarks.Load;
using PaymentMonitor.Benchmarks.Targets;
using PaymentMonitor.Server;

namespace PaymentMonitor.Benchmarks.Scenarios;

/// <summary>What store and archive together have of the orders of a load.</summary>
internal sealed class SoakBooks
{
    private const int Steps = 4;

    // How many different events of machines an order has, and how many decisions beyond the first of their kind.
    private const string Archive = """
        SELECT MachineId, OrderId,
               len(list_filter(json_extract_string(Document, '$.envelopes[*].source'), source -> source = 'machine')),
               len(json_extract_string(Document, '$.decisions[*].kind')) - len(list_distinct(json_extract_string(Document, '$.decisions[*].kind')))
        FROM orders
        """;

    private readonly Dictionary<(string Machine, string Order), int> _events = [];

    /// <summary>Orders found, each once.</summary>
    internal int Orders => _events.Count;

    internal int Archived { get; private set; }

    internal long Doubled { get; private set; }

    internal static async Task<SoakBooks> ReadAsync(HttpClient http, string folder, CancellationToken cancellationToken)
    {
        var books = new SoakBooks();
        await books.ReadStoreAsync(http, cancellationToken);
        if (!ArchiveFolder.In(folder).IsEmpty)
        {
            await books.ReadArchiveAsync(folder, cancellationToken);
        }

        return books;
    }

    /// <summary>Events that the machines have receipts for and that are nowhere.</summary>
    internal long Lost(IReadOnlyList<Terminal> terminals)
    {
        var lost = 0L;
        foreach (var terminal in terminals)
        {
            var machine = OursTarget.MachineId(terminal.Machine);
            for (var order = 1; order <= terminal.Order; order++)
            {
                var reported = order < terminal.Order ? Steps : (int)terminal.Step;
                lost += Math.Max(0, reported - _events.GetValueOrDefault((machine, MachineEvent.OrderId(order))));
            }
        }

        return lost;
    }

    private async Task ReadStoreAsync(HttpClient http, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var path = $"/api/orders?limit=1000{(continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}")}";
            using var page = await http.GetFromJsonAsync<JsonDocument>(path, cancellationToken);
            foreach (var order in page!.RootElement.GetProperty("items").EnumerateArray())
            {
                var events = order.GetProperty("events").EnumerateArray().Count(e => e.GetProperty("source").GetString() == "Machine");
                var kinds = order.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("kind").GetString()).ToList();
                Add(order.GetProperty("machineId").GetString()!, order.GetProperty("orderId").GetString()!, events, kinds.Count - kinds.Distinct().Count());
            }

            continuation = page.RootElement.GetProperty("continuation").GetString();
        }
        while (continuation is not null);
    }

    private async Task ReadArchiveAsync(string folder, CancellationToken cancellationToken)
    {
        await using var rows = new StringWriter(CultureInfo.InvariantCulture);
        await QueryCommand.WriteAsync(ArchiveFolder.In(folder), Archive, rows, cancellationToken);
        using var lines = new StringReader(rows.ToString());
        await lines.ReadLineAsync(cancellationToken);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            var fields = line.Split(',');
            Archived++;
            Add(fields[0], fields[1], int.Parse(fields[2], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        }
    }

    // An order may be in both while it leaves; it is the same order.
    private void Add(string machine, string order, int events, int doubled)
    {
        if (_events.TryAdd((machine, order), events))
        {
            Doubled += doubled;
        }
        else
        {
            _events[(machine, order)] = Math.Max(events, _events[(machine, order)]);
        }
    }
}
