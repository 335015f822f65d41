namespace PaymentMonitor.Pipeline;

/// <summary>What came of sending one delivery once.</summary>
/// <param name="Status">The HTTP status, or null where there was no answer.</param>
/// <param name="Error">One of <see cref="DeliveryErrors"/> where there was no answer.</param>
/// <param name="Answer">The first bytes of the body, as text.</param>
/// <param name="RetryAfter">What the endpoint asked for.</param>
public sealed record DeliveryResult(int? Status, string? Error, TimeSpan Duration, string Answer, TimeSpan? RetryAfter)
{
    /// <summary>Only 2xx is a success: a redirect is never followed, because it could lead anywhere.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    public bool IsGone => Status == 410;
}
