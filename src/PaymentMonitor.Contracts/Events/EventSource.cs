namespace PaymentMonitor.Contracts;

/// <summary>Who says that an event happened.</summary>
public enum EventSource
{
    Machine,
    Provider,
    System,
}
