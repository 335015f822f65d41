namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>
/// Receipts and decisions, found by their texts: a full parse of each answer would cost the load generator, which shares the
/// machine with the server, more than everything else it does.
/// </summary>
internal static class ServerMessageText
{
    internal static void Read(ReadOnlySpan<byte> message, IAnswers answers)
    {
        if (message.IndexOf("\"receipt\""u8) >= 0)
        {
            if (message.IndexOf("\"accepted\""u8) >= 0 && MachineEvent.TryReadId(message, out var order, out var step))
            {
                answers.Receipt(order, step);
            }
            else
            {
                answers.Refusal(message);
            }
        }
        else if (message.IndexOf("\"decision\""u8) >= 0)
        {
            if (!MachineEvent.TryReadOrder(message, out var order))
            {
                answers.Refusal(message);
            }
            else if (message.IndexOf("\"shipment.allowed\""u8) >= 0)
            {
                answers.Decision(order, Step.Succeeded);
            }
            else if (message.IndexOf("\"trade.completed\""u8) >= 0)
            {
                answers.Decision(order, Step.Shipped);
            }
            else
            {
                answers.Refusal(message);
            }
        }
    }
}
