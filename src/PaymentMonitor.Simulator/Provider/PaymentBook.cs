namespace PaymentMonitor.Simulator;

/// <summary>The provider's side of the truth: who paid what, and what was given back. Thread-safe.</summary>
internal sealed class PaymentBook(ProviderOptions options, CallbackQueue callbacks, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(options.Seed);
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly string _run = Ulid.NewUlid(time.GetUtcNow()).ToString();
    private long _payments;

    /// <returns>Null where the payment was closed.</returns>
    internal PaymentStarted? Pay(PaymentRequest request)
    {
        lock (_lock)
        {
            var account = Account_NeedsLock(request.PaymentRef);
            if (account.Closed && request.Behaviour != "crossing")
            {
                return null;
            }

            var processing = options.Processing.Min + ((options.Processing.Max - options.Processing.Min) * _random.NextDouble());
            var payment = new PaymentRecord(
                $"pay_{_run}_{++_payments}",
                request.Behaviour == "fail" ? "failed" : "succeeded",
                request.Amount,
                request.Currency,
                time.GetUtcNow() + processing);
            account.Payments.Add(payment);
            var fate = Fate_NeedsLock();
            var type = payment.Status == "failed" ? "payment.failed" : "payment.succeeded";
            Tell(type, $"evt_{payment.PaymentId}", request.PaymentRef, payment, payment.Time, fate, payment.Status == "failed" ? "declined" : null);
            return new PaymentStarted(payment.PaymentId, payment.Time, fate.ToString().ToLowerInvariant());
        }
    }

    /// <summary>A reference that nobody paid on is unpaid: the provider cannot know that it exists.</summary>
    internal PaymentAnswer Answer(string paymentRef)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var account = _accounts.GetValueOrDefault(paymentRef);
            var happened = account?.Payments.Where(payment => payment.Time <= now).ToList() ?? [];
            var paid = happened.Exists(payment => payment.Status != "failed");
            return new PaymentAnswer(paymentRef, paid ? "paid" : account?.Closed == true ? "closed" : "unpaid", happened);
        }
    }

    /// <returns>Null where no such payment succeeded, or the amount is more than was paid.</returns>
    internal RefundAnswer? Refund(string paymentRef, RefundRequest request)
    {
        lock (_lock)
        {
            var account = Account_NeedsLock(paymentRef);
            if (account.Refunds.TryGetValue(request.RefundId, out var known))
            {
                return known;
            }

            var at = account.Payments.FindIndex(payment => payment.PaymentId == request.PaymentId && payment.Status == "succeeded");
            if (at < 0 || request.Amount <= 0 || request.Amount > account.Payments[at].Amount)
            {
                return null;
            }

            var payment = account.Payments[at];
            account.Payments[at] = payment with { Status = "refunded" };
            var answer = new RefundAnswer(request.RefundId, request.PaymentId, "completed", time.GetUtcNow());
            account.Refunds.Add(request.RefundId, answer);
            Tell("refund.completed", $"evt_{request.RefundId}", paymentRef, payment, answer.Time, Fate_NeedsLock(), refundId: request.RefundId);
            return answer;
        }
    }

    internal void Close(string paymentRef)
    {
        lock (_lock)
        {
            Account_NeedsLock(paymentRef).Closed = true;
        }
    }

    private void Tell(
        string type, string id, string paymentRef, PaymentRecord payment, DateTimeOffset at, Fate fate, string? reason = null, string? refundId = null)
    {
        var data = new CallbackData(paymentRef, payment.PaymentId, payment.Amount, payment.Currency, at, reason, refundId);
        callbacks.Add(id, new Callback(type, at, data), fate);
    }

    private Fate Fate_NeedsLock()
    {
        var roll = _random.NextDouble();
        return roll < options.LostShare ? Fate.Lost
            : roll < options.LostShare + options.LateShare ? Fate.Late
            : roll < options.LostShare + options.LateShare + options.TwiceShare ? Fate.Twice
            : Fate.Prompt;
    }

    private Account Account_NeedsLock(string paymentRef)
    {
        if (!_accounts.TryGetValue(paymentRef, out var account))
        {
            _accounts.Add(paymentRef, account = new Account());
        }

        return account;
    }

    private sealed class Account
    {
        internal List<PaymentRecord> Payments { get; } = [];

        internal Dictionary<string, RefundAnswer> Refunds { get; } = new(StringComparer.Ordinal);

        internal bool Closed { get; set; }
    }
}
