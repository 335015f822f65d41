using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Server;

/// <summary>
/// People who watch the fleet, on the hub of the machines. Their user ids have a colon, which no machine id has, and their tokens let
/// them join one group and nothing else.
/// </summary>
internal static class OperationsClients
{
    internal const string Group = "ops";
    private const string Prefix = "ops:";

    internal static readonly string[] TokenRoles = [Permissions.Role(Permissions.JoinLeaveGroup, Group)];

    internal static string UserId(string keyName) => Prefix + keyName;

    internal static bool IsOne(string? userId) => userId is not null && userId.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The name of the API key with which the client came in.</summary>
    internal static string KeyName(string userId) => userId[Prefix.Length..];
}
