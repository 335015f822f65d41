using System.Text.Json.Nodes;
using PaymentMonitor.EndToEnd.Tests.WebPubSub;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

/// <summary>A person at a page, in a real Chromium.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly NodeProgram _program;

    private Browser(NodeProgram program) => _program = program;

    /// <summary>Skips the test where Chromium is missing.</summary>
    internal static Browser Start(NodeModules node)
    {
        node.Require();
        var executable = new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(executable is null, "Chromium is not installed: put 'chromium' on the PATH (on Debian: apt-get install chromium) and run the tests again.");
        return new Browser(NodeProgram.Start("browser.mjs", executable!));
    }

    internal Task OpenAsync(Uri url, int width = 1280, int height = 900, string scheme = "light", string locale = "en-GB") =>
        _program.RunAsync("open", new { url = url.ToString(), width, height, scheme, locale });

    internal Task GotoAsync(string hash) => _program.RunAsync("goto", new { hash });

    internal Task SeeAsync(string selector, string text) => _program.RunAsync("see", new { selector, text });

    internal Task GoneAsync(string selector) => _program.RunAsync("gone", new { selector });

    internal Task ClickAsync(string selector, string text = "") => _program.RunAsync("click", new { selector, text });

    internal Task FillAsync(string selector, string value) => _program.RunAsync("fill", new { selector, value });

    internal Task ChooseAsync(string selector, string value) => _program.RunAsync("choose", new { selector, value });

    internal Task FocusAsync(string selector) => _program.RunAsync("focus", new { selector });

    internal Task PressAsync(params string[] keys) => _program.RunAsync("press", new { keys });

    internal async Task<string> TextAsync(string selector) => (await _program.RunAsync("text", new { selector }))!.GetValue<string>();

    internal async Task<string[]> TextsAsync(string selector) => Strings(await _program.RunAsync("texts", new { selector }));

    internal async Task<string> UrlAsync() => (await _program.RunAsync("url"))!.GetValue<string>();

    /// <summary>How many pixels the page is wider than the window.</summary>
    internal async Task<int> OverflowAsync() => (await _program.RunAsync("overflow"))!.GetValue<int>();

    internal async Task<string> ColourAsync(string selector, string property) => (await _program.RunAsync("colour", new { selector, property }))!.GetValue<string>();

    /// <summary>Keys of sentences that one language lacks, or that the page asks for and nobody wrote.</summary>
    internal async Task<string[]> MissingTextsAsync() => Strings(await _program.RunAsync("missingTexts"));

    /// <summary>Errors that the page ran into.</summary>
    internal async Task<string[]> ErrorsAsync() => Strings(await _program.RunAsync("errors"));

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static string[] Strings(JsonNode? json) => [.. json!.AsArray().Select(text => text!.GetValue<string>())];
}
