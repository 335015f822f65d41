namespace PaymentMonitor.Server;

/// <summary>The version of this program, as it shows itself.</summary>
internal static class ServerVersion
{
    internal static string Text { get; } = typeof(ServerVersion).Assembly.GetName().Version?.ToString(3) ?? "";
}
