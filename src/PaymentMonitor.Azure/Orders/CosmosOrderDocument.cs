using System.Buffers;
using System.Text;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>
/// The document of an order, with what queries look for beside it, so that an index over three small fields serves them all and
/// none has to look into envelopes or compare two fields of a document.
/// </summary>
internal static class CosmosOrderDocument
{
    internal static byte[] Write(Order order)
    {
        var document = new ArrayBufferWriter<byte>(4_096);
        OrderDocument.Write(document, order);
        var fields = $",\"heardAt\":{HeardAt(order).ToUnixTimeMilliseconds()},\"unconfirmed\":{(IsUnconfirmed(order) ? "true" : "false")}}}";
        var last = document.WrittenCount - 1;
        var bytes = new byte[last + fields.Length];
        document.WrittenSpan[..last].CopyTo(bytes);
        Encoding.ASCII.GetBytes(fields, bytes.AsSpan(last));
        return bytes;
    }

    /// <summary>When the order was first heard of. Stored as a number, because times as text sort by their form.</summary>
    internal static DateTimeOffset HeardAt(Order order) => order.Envelopes.IsEmpty ? order.Clock : order.Envelopes.Min(envelope => envelope.ReceivedAt);

    private static bool IsUnconfirmed(Order order) => order.Version > order.ConfirmedVersion;
}
