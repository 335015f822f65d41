using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>
/// Puts dead letters back: through the log once more, under the same event id, so that what had an effect after all has none now.
/// What still cannot count is set aside again, as a letter of its own that says how often that happened.
/// </summary>
public sealed class DeadLetterReplay(IDeadLetters letters, IEventLog log, DeadLetterCounter counter, TimeProvider time)
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
        var (id, letter) = (kept.Id, kept.Letter);
        if (letter is not { MachineId: { } machineId, Source: { } source })
        {
            return new ReplayAnswer(id, new NamedError("not-ours", "Nothing tells whose event this is, so it cannot be put back: report it anew."));
        }

        if (!EventJson.TryRead(letter.Body.Span, out var reported, out var refusal))
        {
            return new ReplayAnswer(id, new NamedError("unreadable", $"This version cannot read the event ({refusal.Error.Message}): replay it with one that can."));
        }

        try
        {
            await log.AppendAsync(new Report(machineId, source, reported, letter.Body) { Replays = letter.Replays + 1 }, cancellationToken);
        }
        catch (LogUnavailableException e)
        {
            return new ReplayAnswer(id, new NamedError("unavailable", e.Message));
        }

        // A crash between the two leaves a letter that can be put back again; the event's id makes that harmless.
        await letters.MarkReplayedAsync(id, new Replayed(time.GetUtcNow(), by), cancellationToken);
        counter.Replayed(letter.Reason);
        return new ReplayAnswer(id, null);
    }
}

/// <param name="Error">Null: it is in the log.</param>
public sealed record ReplayAnswer(string Id, NamedError? Error);

public sealed record ReplayedPage(IReadOnlyList<ReplayAnswer> Answers, string? Continuation);
