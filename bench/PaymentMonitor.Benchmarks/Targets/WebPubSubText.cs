using System.Text.Unicode;

namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>The machine's messages as the Web PubSub JSON subprotocol frames them.</summary>
internal static class WebPubSubText
{
    internal static int WriteEvent(Span<byte> to, in MachineEvent reported)
    {
        var head = """{"type":"event","event":"order","dataType":"json","data":"""u8;
        head.CopyTo(to);
        var length = head.Length + reported.WriteJson(to[head.Length..]);
        to[length] = (byte)'}';
        return length + 1;
    }

    internal static int WriteConfirmation(Span<byte> to, int lastOrder, int orders)
    {
        var head = """{"type":"event","event":"sync","dataType":"json","data":{"confirmed":["""u8;
        head.CopyTo(to);
        var length = head.Length;
        for (var order = lastOrder - orders + 1; order <= lastOrder; order++)
        {
            _ = Utf8.TryWrite(to[length..], $$"""{"orderId":"o{{order:D10}}","version":2},""", out var written);
            length += written;
        }

        // The last comma makes place for the end.
        "]}}"u8.CopyTo(to[(length - 1)..]);
        return length + 2;
    }
}
