namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>
/// What differs between the servers under one and the same load: where a machine connects, the bytes of its messages, and how
/// an answer is matched to what it answers. Everything else, sockets and clocks included, is shared.
/// </summary>
internal interface ITarget
{
    string Name { get; }

    /// <summary>Where and as whom a machine connects. May ask the server for a token first.</summary>
    Task<Handshake> NegotiateAsync(int machine, CancellationToken cancellationToken);

    /// <summary>The message that opens a connection, or nothing.</summary>
    ReadOnlySpan<byte> Greeting { get; }

    /// <returns>The bytes written to <paramref name="to"/>.</returns>
    int WriteEvent(Span<byte> to, in MachineEvent reported);

    /// <summary>Confirms the decisions of <paramref name="orders"/> orders that end with <paramref name="lastOrder"/>.</summary>
    /// <returns>The bytes written to <paramref name="to"/>; 0 where the server has nothing to confirm.</returns>
    int WriteConfirmation(Span<byte> to, int lastOrder, int orders);

    /// <summary>Tells <paramref name="answers"/> what a message says about the machine's orders.</summary>
    void Read(ReadOnlySpan<byte> message, IAnswers answers);
}

/// <param name="Path">Path and query of the WebSocket.</param>
internal sealed record Handshake(string Path, string? Subprotocol = null, string? Token = null);

internal interface IAnswers
{
    /// <summary>The event is taken over: durable, where the server is.</summary>
    void Receipt(int order, Step step);

    /// <summary>The decision that follows from the event has arrived.</summary>
    void Decision(int order, Step step);

    /// <summary>The server did not take the event; the load is counted as failed.</summary>
    void Refusal(ReadOnlySpan<byte> message);
}
