using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary>Where a server keeps its data unless told otherwise: the user's state folder.</summary>
internal static class DataFolder
{
    internal static Option<string> Option() => new("--data")
    {
        Description = "The data folder.",
        DefaultValueFactory = _ => Default(),
        HelpName = "DIR",
    };

    internal static string Default()
    {
        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "PaymentMonitor");
        }

        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return string.IsNullOrEmpty(state)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "paymentmonitor")
            : Path.Combine(state, "paymentmonitor");
    }
}
