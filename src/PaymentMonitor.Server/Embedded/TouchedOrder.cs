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

    /// <summary>It was worked elsewhere, and may want to be woken again although nothing changed.</summary>
    internal bool IsTaken { get; set; }

    /// <summary>Where the writer has <see cref="After"/> as it was written.</summary>
    internal Range Packed { get; set; }

    internal long? CreatedAtMs { get; set; }

    internal long? WokenAtMs { get; set; }
}
