namespace PaymentMonitor.Server;

/// <summary>Why the server cannot start: a name for programs and one sentence that says what to do.</summary>
internal sealed class StartupException(string name, string message, Exception? innerException = null) : Exception(message, innerException)
{
    internal string Name { get; } = name;
}
