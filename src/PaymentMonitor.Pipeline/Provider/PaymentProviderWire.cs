using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>What the provider says of one payment reference.</summary>
/// <param name="Status">One of <see cref="PaymentStates"/>.</param>
/// <param name="Payments">Everything that was tried on the reference, failed payments included.</param>
internal sealed record PaymentState(PaymentReference PaymentRef, string Status, IReadOnlyList<ProviderPayment> Payments)
{
    /// <summary>Money that the provider holds or held: paid, whether or not it went back since.</summary>
    internal IEnumerable<ProviderPayment> Taken => Payments.Where(payment => payment.Status is "succeeded" or "refunded");
}

internal static class PaymentStates
{
    internal const string Paid = "paid";

    /// <summary>Nothing was paid, and somebody could still pay.</summary>
    internal const string Unpaid = "unpaid";

    /// <summary>A payment is under way: it cannot be said yet.</summary>
    internal const string Pending = "pending";

    /// <summary>Nothing was paid, and nobody can pay any more.</summary>
    internal const string Closed = "closed";
}

/// <param name="Status"><c>succeeded</c>, <c>refunded</c> (paid and given back), <c>pending</c> or <c>failed</c>.</param>
/// <param name="Time">When it was paid, by the provider.</param>
internal sealed record ProviderPayment(PaymentId PaymentId, string Status, long Amount, Currency Currency, DateTimeOffset Time);

internal sealed record RefundCall(string RefundId, PaymentId PaymentId, PaymentReference? PaymentRef, long Amount, Currency Currency);

/// <param name="Status"><c>completed</c>, <c>pending</c> or <c>failed</c>.</param>
/// <param name="Time">When the money went back, by the provider; absent: now.</param>
internal sealed record RefundState(string RefundId, string Status, string? Reason = null, DateTimeOffset? Time = null)
{
    internal const string Completed = "completed";
    internal const string Pending = "pending";
    internal const string Failed = "failed";
}

/// <summary>A refusal, as problem details (RFC 9457).</summary>
internal sealed record ProviderProblem(string? Name = null, string? Title = null, string? Detail = null);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PaymentState))]
[JsonSerializable(typeof(RefundCall))]
[JsonSerializable(typeof(RefundState))]
[JsonSerializable(typeof(ProviderProblem))]
internal sealed partial class PaymentProviderJson : JsonSerializerContext;
