namespace PaymentMonitor.Api;

/// <summary>Who may call the HTTP API. Machines are not among them: they have tokens for their one connection.</summary>
internal static class Roles
{
    /// <summary>Reads everything, changes nothing.</summary>
    internal const string Reader = "reader";

    /// <summary>A business system: reads, refunds and subscribes.</summary>
    internal const string Integrator = "integrator";

    /// <summary>May do everything.</summary>
    internal const string Operator = "operator";

    internal static readonly string[] All = [Reader, Integrator, Operator];
}
