using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;

namespace PaymentMonitor.Server;

/// <summary>
/// How a command reaches the API: the server it names, else the server that runs on the data folder, else one that is started on
/// the folder for as long as the command takes.
/// </summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private readonly Func<ValueTask> _close;

    private ServerConnection(HttpClient http, Func<ValueTask> close)
    {
        Http = http;
        _close = close;
    }

    internal HttpClient Http { get; }

    internal static ConnectionOptions Options() => new(
        UriOption.Create("--url", "The server to talk to; left out, the one on the data folder."),
        new Option<string?>("--api-key")
        {
            Description = "Its API key; PAYMENTMONITOR_API_KEY in the environment does as well.",
            HelpName = "KEY",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("PAYMENTMONITOR_API_KEY"),
        },
        DataFolder.Option());

    internal static async Task<ServerConnection> OpenAsync(ParseResult parsed, ConnectionOptions options, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(options.Url) is { } url)
        {
            var key = parsed.GetValue(options.ApiKey)
                ?? throw new StartupException("no-key", "A server named by --url needs --api-key, or PAYMENTMONITOR_API_KEY in the environment.");
            return new ServerConnection(Client(url, key), () => ValueTask.CompletedTask);
        }

        var folder = parsed.GetRequiredValue(options.Data);
        var keys = ApiKeyFile.Open(folder, TimeProvider.System);

        // Whoever may write the folder may do everything, so a key for the moment of this command gives nothing away.
        var name = $"command-{Guid.CreateVersion7():n}";
        if (RunningServer.Find(folder) is { } running)
        {
            return new ServerConnection(Client(running, keys.Add(name, Roles.Operator)), () => Remove(keys, name));
        }

        var server = await ServerApp.StartAsync(new ServeOptions { Data = folder, Urls = "http://127.0.0.1:0", Quiet = true }, cancellationToken);
        return new ServerConnection(Client(server.Address, server.Keys.Add(name, Roles.Operator)), async () =>
        {
            await Remove(server.Keys, name);
            await server.DisposeAsync();
        });
    }

    /// <summary>Prints the items of a list, a line each, page after page up to the limit.</summary>
    internal async Task<int> PrintPagesAsync(string path, QueryText query, int limit, Func<JsonElement, string> line, CancellationToken cancellationToken)
    {
        const int PageMax = 1_000;
        var left = limit;
        string? continuation = null;
        do
        {
            var address = path + query.With("limit", $"{Math.Min(left, PageMax)}").With("continuation", continuation);
            using var response = await Http.GetAsync(address, cancellationToken);
            using var page = await ReadAsync(response, cancellationToken);
            if (page is null)
            {
                return CommandLine.Failed;
            }

            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray())
            {
                Console.WriteLine(line(item));
                left--;
            }

            continuation = page.RootElement.GetProperty("continuation").GetString();
        }
        while (continuation is not null && left > 0);

        return CommandLine.Done;
    }

    /// <summary>Reads an answer, or says on standard error why there is none.</summary>
    internal static async Task<JsonDocument?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return await response.Content.ReadFromJsonAsync<JsonDocument>(cancellationToken);
        }

        await Console.Error.WriteLineAsync($"error: {await RefusalAsync(response, cancellationToken)}");
        return null;
    }

    internal static async Task<string> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var problem = JsonDocument.Parse(text);
            return $"{problem.RootElement.GetProperty("name").GetString()}: {problem.RootElement.GetProperty("detail").GetString()}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"The server answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _close();
    }

    private static HttpClient Client(Uri url, string key)
    {
        return new HttpClient { BaseAddress = url, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
    }

    private static ValueTask Remove(ApiKeyFile keys, string name)
    {
        keys.Remove(name);
        return ValueTask.CompletedTask;
    }
}

internal sealed record ConnectionOptions(Option<Uri> Url, Option<string?> ApiKey, Option<string> Data)
{
    internal void AddTo(Command command)
    {
        command.Options.Add(Url);
        command.Options.Add(ApiKey);
        command.Options.Add(Data);
    }
}
