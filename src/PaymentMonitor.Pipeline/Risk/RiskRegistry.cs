using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Changes the reference data by which orders are refused, and puts it on the desk of the order workflow.</summary>
public sealed class RiskRegistry(IRiskBook book, RiskDesk desk, TimeProvider time)
{
    private long _loadedAt;

    /// <summary>Reads the reference data anew.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var asOf = time.GetTimestamp();
        desk.Rules = new RiskRules(await book.ListAsync(cancellationToken));
        Volatile.Write(ref _loadedAt, asOf);
    }

    /// <summary>For hosts of which there are several: sees what another one changed, at this age at the latest.</summary>
    public ValueTask RefreshAsync(TimeSpan maxAge, CancellationToken cancellationToken)
    {
        var loadedAt = Volatile.Read(ref _loadedAt);
        return loadedAt != 0 && time.GetElapsedTime(loadedAt) < maxAge ? ValueTask.CompletedTask : new ValueTask(LoadAsync(cancellationToken));
    }

    public async Task<NamedError?> SetAsync(RiskEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Refusal() is { } refusal)
        {
            return refusal;
        }

        await book.SetAsync(entry, cancellationToken);
        await LoadAsync(cancellationToken);
        return null;
    }

    /// <returns>What is wrong with the first entry that is wrong; nothing is set then.</returns>
    public async Task<NamedError?> ImportAsync(IReadOnlyList<RiskEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Refusal() is { } refusal)
            {
                return new NamedError(refusal.Name, $"Entry {i + 1}: {refusal.Message}");
            }
        }

        foreach (var entry in entries)
        {
            await book.SetAsync(entry, cancellationToken);
        }

        await LoadAsync(cancellationToken);
        return null;
    }

    public async Task<NamedError?> RemoveAsync(RiskKind kind, RiskScope scope, string value, string by, string? reason, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > RiskEntry.MaxText)
        {
            return new NamedError("no-reason", $"A reason of 1 to {RiskEntry.MaxText} characters is needed: it is what others will know of this.");
        }

        var removed = await book.RemoveAsync(RiskEntry.IdOf(kind, scope, value), by, reason, time.GetUtcNow(), cancellationToken);
        await LoadAsync(cancellationToken);
        return removed is null ? new NamedError("unknown-entry", "There is no such entry.") : null;
    }
}
