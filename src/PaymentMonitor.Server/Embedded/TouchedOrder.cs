using PaymentMonitor.Domain;

namespace PaymentMonitor.Server.Embedded;

/// <summary>An order within one transaction.</summary>
internal sealed class TouchedOrder
{
    internal long RowId { get; set; }

    internal Order? Before { get; init; }

    internal Order? After { get; set; }

    internal bool IsChanged => !ReferenceEquals(Before, After);

    internal bool HasEvents { get; set; }

    internal long? CreatedAtMs { get; set; }

    internal long? WokenAtMs { get; set; }
}
