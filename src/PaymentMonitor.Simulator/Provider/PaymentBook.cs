namespace PaymentMonitor.Simulator;

/// <summary>The provider's side of the truth: who paid what, and what was given back. Thread-safe.</summary>
internal sealed class PaymentBook(ProviderOptions options, CallbackQueue callbacks, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(options.Seed);
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Account> _byPayment = new(StringComparer.Ordinal);
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
            _byPayment.Add(payment.PaymentId, account);
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
            return Answer_NeedsLock(paymentRef);
        }
    }

    /// <summary>From now on nobody can pay, unless somebody has or just does.</summary>
    internal PaymentAnswer Close(string paymentRef)
    {
        lock (_lock)
        {
            var answer = Answer_NeedsLock(paymentRef);
            if (answer.Status != "unpaid")
            {
                return answer;
            }

            Account_NeedsLock(paymentRef).Closed = true;
            return answer with { Status = "closed" };
        }
    }

    /// <returns>The refund, or why it is refused: <c>unknown-payment</c>, <c>already-refunded</c>, <c>wrong-amount</c> or <c>wrong-currency</c>.</returns>
    internal (RefundAnswer? Answer, string? Refusal) Refund(RefundRequest request)
    {
        lock (_lock)
        {
            if (!_byPayment.TryGetValue(request.PaymentId, out var account))
            {
                return (null, "unknown-payment");
            }

            if (account.Refunds.TryGetValue(request.RefundId, out var known))
            {
                return (known.Answer, null);
            }

            var at = account.Payments.FindIndex(payment => payment.PaymentId == request.PaymentId);
            var payment = account.Payments[at];
            var refusal = payment switch
            {
                { Status: "refunded" } => "already-refunded",
                { Status: not "succeeded" } => "unknown-payment",
                _ when payment.Time > time.GetUtcNow() => "unknown-payment",
                _ when request.Amount <= 0 || request.Amount > payment.Amount => "wrong-amount",
                _ when request.Currency != payment.Currency && request.Currency != NoCurrency => "wrong-currency",
                _ => null,
            };
            if (refusal is not null)
            {
                return (null, refusal);
            }

            account.Payments[at] = payment with { Status = "refunded" };
            var answer = new RefundAnswer(request.RefundId, request.PaymentId, "completed", time.GetUtcNow());
            account.Refunds.Add(request.RefundId, new MadeRefund(answer, request.Amount, payment.Currency));
            Tell("refund.completed", $"evt_{request.RefundId}", account.PaymentRef, payment, answer.Time, Fate_NeedsLock(), refundId: request.RefundId);
            return (answer, null);
        }
    }

    /// <summary>What merchants get at the end of the day: every payment that happened, and every refund.</summary>
    internal IReadOnlyList<StatementEntry> Statement()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var entries = new List<StatementEntry>();
            foreach (var account in _accounts.Values)
            {
                entries.AddRange(account.Payments.Where(payment => payment.Status != "failed" && payment.Time <= now).Select(payment => new StatementEntry(
                    "payment", payment.Time, payment.PaymentId, account.PaymentRef, "", payment.Amount, payment.Currency)));
                entries.AddRange(account.Refunds.Values.Select(refund => new StatementEntry(
                    "refund", refund.Answer.Time, refund.Answer.PaymentId, account.PaymentRef, refund.Answer.RefundId, refund.Amount, refund.Currency)));
            }

            return [.. entries.OrderBy(entry => entry.Time)];
        }
    }

    // ISO 4217's code for none: whoever refunds does not know it, and the payment does.
    private const string NoCurrency = "XXX";

    private PaymentAnswer Answer_NeedsLock(string paymentRef)
    {
        var now = time.GetUtcNow();
        var account = _accounts.GetValueOrDefault(paymentRef);
        List<PaymentRecord> payments = [.. (account?.Payments ?? []).Select(payment => payment.Time <= now ? payment : payment with { Status = "pending" })];
        var status = payments switch
        {
            _ when payments.Exists(payment => payment.Status is "succeeded" or "refunded") => "paid",
            _ when payments.Exists(payment => payment.Status == "pending") => "pending",
            _ => account?.Closed == true ? "closed" : "unpaid",
        };
        return new PaymentAnswer(paymentRef, status, payments);
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
            _accounts.Add(paymentRef, account = new Account(paymentRef));
        }

        return account;
    }

    private sealed class Account(string paymentRef)
    {
        internal string PaymentRef { get; } = paymentRef;

        internal List<PaymentRecord> Payments { get; } = [];

        internal Dictionary<string, MadeRefund> Refunds { get; } = new(StringComparer.Ordinal);

        internal bool Closed { get; set; }
    }

    private sealed record MadeRefund(RefundAnswer Answer, long Amount, string Currency);
}

/// <param name="Type"><c>payment</c> or <c>refund</c>.</param>
internal sealed record StatementEntry(string Type, DateTimeOffset Time, string PaymentId, string PaymentRef, string RefundId, long Amount, string Currency);
