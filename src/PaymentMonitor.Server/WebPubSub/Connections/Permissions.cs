namespace PaymentMonitor.Server.WebPubSub;

/// <summary>What a connection may do with groups. Without any role a client may only send events. Immutable.</summary>
internal sealed class Permissions
{
    internal const string JoinLeaveGroup = "webpubsub.joinLeaveGroup";
    internal const string SendToGroup = "webpubsub.sendToGroup";

    internal static readonly Permissions None = new([]);

    private readonly HashSet<string> _roles;

    private Permissions(HashSet<string> roles) => _roles = roles;

    internal static Permissions Of(IEnumerable<string> roles)
    {
        var set = roles.ToHashSet(StringComparer.Ordinal);
        return set.Count == 0 ? None : new Permissions(set);
    }

    /// <param name="group">Null asks for the permission on every group.</param>
    internal bool Allow(string permission, string? group)
    {
        return _roles.Count > 0 && (_roles.Contains(permission) || (group is not null && _roles.Contains(Role(permission, group))));
    }

    internal Permissions With(string permission, string? group) => new([.. _roles, Role(permission, group)]);

    internal Permissions Without(string permission, string? group) => Of(_roles.Where(role => role != Role(permission, group)));

    internal static string Role(string permission, string? group) => group is null ? permission : $"{permission}.{group}";
}
