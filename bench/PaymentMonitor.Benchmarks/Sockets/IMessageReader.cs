namespace PaymentMonitor.Benchmarks.Sockets;

/// <summary>Takes the text messages of sockets, one after the other, on the one thread of the load.</summary>
internal interface IMessageReader
{
    void Read(ClientSocket socket, ReadOnlySpan<byte> message);
}
