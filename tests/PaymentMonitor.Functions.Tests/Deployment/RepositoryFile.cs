using System.Runtime.CompilerServices;
using System.Text.Json;

namespace PaymentMonitor.Functions.Tests;

internal static class RepositoryFile
{
    internal static string PathOf(string file, [CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../..", file));

    internal static string Text(string file) => File.ReadAllText(PathOf(file));

    internal static JsonElement Json(string file) => JsonDocument.Parse(Text(file)).RootElement;
}
