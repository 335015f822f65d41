namespace PaymentMonitor.Contracts;

/// <summary>The bytes are no message of the expected kind; the message is a sentence that says why.</summary>
public sealed class ProtobufException : Exception
{
    public ProtobufException(string message)
        : base(message)
    {
    }
}
