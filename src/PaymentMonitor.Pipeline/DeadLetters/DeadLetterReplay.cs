using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Puts dead letters back: through the log once more, under the same event id, so that what had an effect after all has none now.
/// What still cannot count is set aside again, as a letter of its own that says how often that happened.
/// </summary>
/// <param name="provider">For callbacks of the payment provider; null where there is no provider.</param>
public sealed class DeadLetterReplay(IDeadLetters letters, IEventLog log, DeadLetterCounter counter, TimeProvider time, ProviderIntake? provider = null)
{
    /// <param name="by">Who asks for it; kept with the letter.</param>
    public async Task<ReplayAnswer> ReplayAsync(string id, string by, CancellationToken cancellationToken)
    {
        return await letters.FindAsync(id, cancellationToken) is { } kept
            ? await ReplayAsync(kept, by, cancellationToken)
            : new ReplayAnswer(id, new NamedError("unknown-dead-letter", $"There is no dead letter '{id}'."));
    }

    /// <summary>Puts back every letter of one page that was not put back before.</summary>
    public async Task<ReplayedPage> ReplayAsync(DeadLetterQuery query, string by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var page = await letters.ListAsync(query with { IsReplayed = false }, cancellationToken);
        var answers = new List<ReplayAnswer>(page.Letters.Count);
        foreach (var kept in page.Letters)
        {
            answers.Add(await ReplayAsync(kept, by, cancellationToken));
        }

        return new ReplayedPage(answers, page.Continuation);
    }

    private async Task<ReplayAnswer> ReplayAsync(KeptDeadLetter kept, string by, CancellationToken cancellationToken)
    {
        if (await AppendAsync(kept.Letter, cancellationToken) is { } error)
        {
            return new ReplayAnswer(kept.Id, error);
        }

        // A crash between the two leaves a letter that can be put back again; the event's id makes that harmless.
        await letters.MarkReplayedAsync(kept.Id, new Replayed(time.GetUtcNow(), by), cancellationToken);
        counter.Replayed(kept.Letter.Reason);
        return new ReplayAnswer(kept.Id, null);
    }

    private async Task<NamedError?> AppendAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        if (letter is { Reason: DeadLetterReasons.UnknownReference, MachineId: null } && provider is not null)
        {
            return (await provider.ReplayAsync(letter.Position, letter.Body, cancellationToken)).Error;
        }

        if (letter is not { MachineId: { } machineId, Source: { } source })
        {
            return new NamedError("not-ours", "Nothing tells whose event this is, so it cannot be put back: report it anew.");
        }

        if (!EventJson.TryRead(letter.Body.Span, out var reported, out var refusal))
        {
            return new NamedError("unreadable", $"This version cannot read the event ({refusal.Error.Message}): replay it with one that can.");
        }

        try
        {
            await log.AppendAsync(new Report(machineId, source, reported, letter.Body) { Replays = letter.Replays + 1 }, cancellationToken);
            return null;
        }
        catch (LogUnavailableException e)
        {
            return new NamedError("unavailable", e.Message);
        }
    }
}

/// <param name="Error">Null: it is in the log.</param>
public sealed record ReplayAnswer(string Id, NamedError? Error);

public sealed record ReplayedPage(IReadOnlyList<ReplayAnswer> Answers, string? Continuation);
