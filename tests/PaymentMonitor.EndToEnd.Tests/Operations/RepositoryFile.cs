using System.Runtime.CompilerServices;

namespace PaymentMonitor.EndToEnd.Tests.Operations;

internal static class RepositoryFile
{
    internal static string PathOf(string file, [CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../..", file));

    internal static string Text(string file) => File.ReadAllText(PathOf(file)).ReplaceLineEndings("\n");
}
