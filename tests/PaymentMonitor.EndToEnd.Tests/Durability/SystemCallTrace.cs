using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PaymentMonitor.EndToEnd.Tests.Durability;

/// <summary>
/// What a process asked of the disk, as <c>strace</c> saw it, and what it told the world meanwhile. From it the files can be rebuilt
/// as a power cut may have left them at any point.
/// </summary>
internal sealed partial class SystemCallTrace
{
    private readonly List<Operation> _operations = [];

    internal IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Lines of the trace: the points at which the power may be cut.</summary>
    internal int Length { get; private set; }

    internal static readonly string[] Arguments =
        ["-f", "-y", "-qq", "--seccomp-bpf", "-e", "trace=pwrite64,write,lseek,fsync,fdatasync,ftruncate,unlink", "-e", "signal=none", "-xx", "-s", "1000000"];

    internal static SystemCallTrace Read(IEnumerable<string> lines)
    {
        var trace = new SystemCallTrace();
        var unfinished = new Dictionary<string, (int Start, string Text)>();
        foreach (var line in lines)
        {
            var number = trace.Length++;
            var split = line.IndexOf(' ', StringComparison.Ordinal);
            var (process, text) = (line[..split], line[split..].TrimStart());
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[process] = (number, text[..^"<unfinished ...>".Length].TrimEnd());
            }
            else if (Resumed().Match(text) is { Success: true } resumed)
            {
                if (unfinished.Remove(process, out var begun))
                {
                    trace.Add(process, begun.Text + text[resumed.Length..], begun.Start, number);
                }
            }
            else
            {
                trace.Add(process, text, number, number);
            }
        }

        // What was under way when the process was gone may have happened or not.
        foreach (var (process, (start, text)) in unfinished)
        {
            trace.Add(process, text + ") = 0", start, int.MaxValue);
        }

        return trace;
    }

    /// <summary>The same trace of a store that never waits for the disk.</summary>
    internal SystemCallTrace WithoutSyncs()
    {
        var trace = new SystemCallTrace { Length = Length };
        trace._operations.AddRange(_operations.Where(operation => operation is not Sync));
        return trace;
    }

    private void Add(string process, string text, int start, int end)
    {
        if (Call().Match(text) is not { Success: true } call || call.Groups["result"].Value.StartsWith('-'))
        {
            return;
        }

        var name = call.Groups["name"].Value;
        var path = Text(call.Groups["path"].Value);
        var data = call.Groups["data"].Success ? Bytes(call.Groups["data"].Value) : [];
        switch (name)
        {
            case "write" when data is [(byte)'R' or (byte)'D', (byte)' ', ..] && path.StartsWith("pipe:", StringComparison.Ordinal):
                AddTold(Encoding.ASCII.GetString(data), start);
                break;
            case "pwrite64":
                _operations.Add(new Write(path, start, end, Number(call, "last"), data));
                break;
            case "fsync" or "fdatasync":
                _operations.Add(new Sync(path, start, end));
                break;
            case "ftruncate":
                _operations.Add(new Truncate(path, start, end, Number(call, "last")));
                break;
            case "unlink":
                _operations.Add(new Unlink(Encoding.UTF8.GetString(data), start, end));
                break;
        }
    }

    private void AddTold(string text, int start)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _operations.Add(new Told(line, start));
        }
    }

    private static long Number(Match call, string group) => long.Parse(call.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Text(string escaped) => escaped.Contains("\\x", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Bytes(escaped)) : escaped;

    private static byte[] Bytes(string escaped) => Convert.FromHexString(escaped.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>,? ?")]
    private static partial Regex Resumed();

    [GeneratedRegex("""^(?<name>\w+)\((?:\d+<(?<path>[^>]*)>)?(?:, )?(?:"(?<data>[^"]*)")?(?:, \d+)??(?:, (?<last>\d+))?\)\s+= (?<result>-?\d+)""")]
    private static partial Regex Call();

    internal abstract record Operation(int Start);

    /// <param name="End">When it was known to be done.</param>
    internal sealed record Write(string Path, int Start, int End, long Offset, byte[] Data) : Operation(Start);

    internal sealed record Truncate(string Path, int Start, int End, long Size) : Operation(Start);

    internal sealed record Unlink(string Path, int Start, int End) : Operation(Start);

    /// <summary>Everything written to the file before it began is on the disk when it ends.</summary>
    internal sealed record Sync(string Path, int Start, int End) : Operation(Start);

    /// <summary>A line that left by a pipe: .NET writes to a copy of standard output, so its number tells nothing.</summary>
    internal sealed record Told(string Line, int Start) : Operation(Start);
}
