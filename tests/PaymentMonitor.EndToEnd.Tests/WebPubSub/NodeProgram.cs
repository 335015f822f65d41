using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PaymentMonitor.EndToEnd.Tests.WebPubSub;

/// <summary>A script that a test drives: a JSON command a line goes in, a JSON line a happening comes out.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    /// <summary>Only a guard against hanging: nothing is measured by it.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly List<JsonNode> _unread = [];

    private NodeProgram(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal static NodeProgram Start(string script, params string[] arguments)
    {
        return new NodeProgram(Process.Start(new ProcessStartInfo("node", [script, .. arguments])
        {
            WorkingDirectory = NodeModules.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>Runs a command and gives its result; what happens meanwhile is kept for who expects it.</summary>
    internal async Task<JsonNode?> RunAsync(string command, object? parameters = null)
    {
        await BeginAsync(command, parameters);
        var end = await ExpectAsync(line => line["done"]?.GetValue<string>() == command || line["failed"]?.GetValue<string>() == command);
        Assert.True(end["failed"] is null, $"{command} failed: {end.ToJsonString()}");
        return end["result"];
    }

    /// <summary>Runs a command that fails, and gives its error.</summary>
    internal async Task<JsonNode> FailAsync(string command, object? parameters = null)
    {
        await BeginAsync(command, parameters);
        return await ExpectAsync(line => line["failed"]?.GetValue<string>() == command);
    }

    internal async Task BeginAsync(string command, object? parameters = null)
    {
        var line = JsonSerializer.SerializeToNode(parameters ?? new object())!.AsObject();
        line["command"] = command;
        await _process.StandardInput.WriteLineAsync(line.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The next happening of this kind.</summary>
    internal Task<JsonNode> ExpectAsync(string kind) => ExpectAsync(line => line.AsObject().ContainsKey(kind));

    internal async Task<JsonNode> ExpectAsync(Predicate<JsonNode> matches)
    {
        var kept = _unread.FindIndex(matches);
        if (kept >= 0)
        {
            var line = _unread[kept];
            _unread.RemoveAt(kept);
            return line;
        }

        using var guard = new CancellationTokenSource(Guard);
        while (await _process.StandardOutput.ReadLineAsync(guard.Token) is { } text)
        {
            var line = JsonNode.Parse(text)!;
            if (matches(line))
            {
                return line;
            }

            _unread.Add(line);
        }

        throw new InvalidOperationException($"The script ended: {await _errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var guard = new CancellationTokenSource(Guard);
        try
        {
            await _process.WaitForExitAsync(guard.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
