using System.Text.Unicode;

namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>The peer, as a machine sees it: SignalR's JSON hub protocol, whose messages end with a record separator.</summary>
internal sealed class PeerTarget : ITarget
{
    private const byte End = 0x1E;

    public string Name => "peer";

    public ReadOnlySpan<byte> Greeting => "{\"protocol\":\"json\",\"version\":1}\u001E"u8;

    public Task<Handshake> NegotiateAsync(int machine, CancellationToken cancellationToken)
    {
        return Task.FromResult(new Handshake($"/machines?machine=bench-{machine:D5}"));
    }

    public int WriteEvent(Span<byte> to, in MachineEvent reported)
    {
        var head = """{"type":1,"target":"Report","arguments":["""u8;
        head.CopyTo(to);
        var length = head.Length + reported.WriteJson(to[head.Length..]);
        "]}\u001E"u8.CopyTo(to[length..]);
        return length + 3;
    }

    public int WriteConfirmation(Span<byte> to, int lastOrder, int orders)
    {
        var head = """{"type":1,"target":"Confirm","arguments":[{"confirmed":["""u8;
        head.CopyTo(to);
        var length = head.Length;
        for (var order = lastOrder - orders + 1; order <= lastOrder; order++)
        {
            _ = Utf8.TryWrite(to[length..], $$"""{"orderId":"o{{order:D10}}","version":2},""", out var written);
            length += written;
        }

        // The last comma makes place for the end.
        "]}]}\u001E"u8.CopyTo(to[(length - 1)..]);
        return length + 4;
    }

    public void Read(ReadOnlySpan<byte> message, IAnswers answers)
    {
        while (message.IndexOf(End) is var end and >= 0)
        {
            ServerMessageText.Read(message[..end], answers);
            message = message[(end + 1)..];
        }
    }
}
