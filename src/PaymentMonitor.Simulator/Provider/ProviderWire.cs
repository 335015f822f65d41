using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaymentMonitor.Simulator;

/// <summary>The customer pays in the provider's app: the body of <c>POST /payments</c>.</summary>
/// <param name="Behaviour">
/// Absent: the payment succeeds. <c>fail</c>: it fails. <c>crossing</c>: it succeeds although the payment was closed meanwhile, as
/// one that was already under way does.
/// </param>
public sealed record PaymentRequest(string PaymentRef, long Amount, string Currency, string? Behaviour = null);

/// <param name="Time">When the payment happens and its callback is due, which is the time in the callback.</param>
/// <param name="Delivery">What becomes of the first delivery: <c>prompt</c>, <c>twice</c>, <c>late</c> or <c>lost</c>.</param>
public sealed record PaymentStarted(string PaymentId, DateTimeOffset Time, string Delivery);

/// <summary>The answer to <c>GET /payments/{paymentRef}</c> and <c>POST /payments/{paymentRef}/close</c>.</summary>
/// <param name="Status"><c>paid</c>, <c>pending</c>, <c>unpaid</c> or <c>closed</c> (unpaid, and no longer to be paid).</param>
public sealed record PaymentAnswer(string PaymentRef, string Status, IReadOnlyList<PaymentRecord> Payments);

/// <param name="Status"><c>succeeded</c>, <c>pending</c>, <c>failed</c> or <c>refunded</c>.</param>
public sealed record PaymentRecord(string PaymentId, string Status, long Amount, string Currency, DateTimeOffset Time);

/// <summary>The body of <c>POST /refunds</c>, whose header <c>Idempotency-Key</c> is the refund's id.</summary>
public sealed record RefundRequest(string RefundId, string PaymentId, long Amount, string Currency);

/// <param name="Status"><c>completed</c>.</param>
public sealed record RefundAnswer(string RefundId, string PaymentId, string Status, DateTimeOffset Time);

/// <summary>The answer to <c>GET /callbacks</c>: what the provider still has to tell.</summary>
public sealed record CallbackStatus(int Pending, long Delivered, IReadOnlyList<string> PendingPaymentIds);

/// <summary>The body of <c>PUT /callback</c>: whom to call back from now on.</summary>
public sealed record CallbackAddress(Uri Address);

/// <summary>The body of a callback, in the shape of the Standard Webhooks specification.</summary>
public sealed record Callback(string Type, DateTimeOffset Timestamp, CallbackData Data);

public sealed record CallbackData(
    string PaymentRef, string PaymentId, long Amount, string Currency, DateTimeOffset Time, string? Reason = null, string? RefundId = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PaymentRequest))]
[JsonSerializable(typeof(PaymentStarted))]
[JsonSerializable(typeof(PaymentAnswer))]
[JsonSerializable(typeof(RefundRequest))]
[JsonSerializable(typeof(RefundAnswer))]
[JsonSerializable(typeof(CallbackStatus))]
[JsonSerializable(typeof(CallbackAddress))]
[JsonSerializable(typeof(Callback))]
internal sealed partial class ProviderJson : JsonSerializerContext;
