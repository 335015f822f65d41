namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>A server that sends every message back: the same bytes, and no work. Its answer stands for receipt and decision.</summary>
internal sealed class EchoTarget : ITarget
{
    public string Name => "echo";

    public ReadOnlySpan<byte> Greeting => [];

    public Task<Handshake> NegotiateAsync(int machine, CancellationToken cancellationToken) => Task.FromResult(new Handshake("/"));

    public int WriteEvent(Span<byte> to, in MachineEvent reported) => WebPubSubText.WriteEvent(to, reported);

    public int WriteConfirmation(Span<byte> to, int lastOrder, int orders) => WebPubSubText.WriteConfirmation(to, lastOrder, orders);

    public void Read(ReadOnlySpan<byte> message, IAnswers answers)
    {
        if (MachineEvent.TryReadId(message, out var order, out var step))
        {
            answers.Receipt(order, step);
            if (step >= Step.Succeeded)
            {
                answers.Decision(order, step);
            }
        }
    }
}
