namespace PaymentMonitor.Api;

/// <summary>Who asks, for what is kept about who did what: the name of the API key, or in Azure of the person or application.</summary>
internal static class Caller
{
    internal static string Name(HttpContext context) => context.User.Identity?.Name is { Length: > 0 } name ? name : "unnamed";
}
