namespace PaymentMonitor.Domain.Tests.Proofs;

/// <summary>
/// How far the proofs search. All the way, but for mutation testing (PAYMENTMONITOR_PROOFS=sample), where they run hundreds of times.
/// </summary>
internal static class Effort
{
    private static readonly bool IsSample = Environment.GetEnvironmentVariable("PAYMENTMONITOR_PROOFS") == "sample";

    public static int Histories => IsSample ? 500 : 100_000;

    /// <summary>Every one of so many sets is explored.</summary>
    public static int Stride => IsSample ? 97 : 1;
}
