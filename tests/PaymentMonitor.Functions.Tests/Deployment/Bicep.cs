using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The Bicep CLI from its NuGet package. It knows the types of Azure by itself and needs no network.</summary>
internal static class Bicep
{
    private static readonly Lazy<JsonElement> Compiled = new(() => JsonDocument.Parse(Run("build", "infra/main.bicep", "--stdout").Output).RootElement);

    /// <summary>The template of <c>infra/main.bicep</c>, as Azure gets it.</summary>
    internal static JsonElement Template => Compiled.Value;

    internal static (int ExitCode, string Output, string Complaints) Run(string command, string file, params string[] options)
    {
        var tool = Metadata("BicepPath");
        Assert.SkipUnless(tool.Length > 0, "The Bicep CLI is fetched for Linux on x64 only; there this test runs.");
        if (OperatingSystem.IsLinux())
        {
            // A package keeps no permissions.
            File.SetUnixFileMode(tool, File.GetUnixFileMode(tool) | UnixFileMode.UserExecute);
        }

        using var bicep = Process.Start(new ProcessStartInfo(tool, [command, RepositoryFile.PathOf(file), .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var complaints = bicep.StandardError.ReadToEndAsync();
        var output = bicep.StandardOutput.ReadToEnd();
        bicep.WaitForExit();
        return (bicep.ExitCode, output, complaints.Result);
    }

    /// <summary>The resources of a type, in all modules, each with the template that holds it.</summary>
    internal static IEnumerable<(JsonElement Resource, JsonElement Module)> Resources(string type) => Resources(Template).Where(found => found.Resource.GetProperty("type").GetString() == type);

    private static IEnumerable<(JsonElement Resource, JsonElement Module)> Resources(JsonElement template)
    {
        var resources = template.GetProperty("resources");
        foreach (var resource in resources.ValueKind == JsonValueKind.Array ? resources.EnumerateArray() : resources.EnumerateObject().Select(named => named.Value))
        {
            yield return (resource, template);
            if (resource.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty("template", out var module))
            {
                foreach (var inner in Resources(module))
                {
                    yield return inner;
                }
            }
        }
    }

    private static string Metadata(string key)
    {
        return typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == key)?.Value ?? "";
    }
}
