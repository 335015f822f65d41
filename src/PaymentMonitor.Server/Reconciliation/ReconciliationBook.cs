using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>
/// The newest reconciliation, in memory and in a file of the data folder: it is looked at each second and changes a few times a day. What
/// somebody settled stays settled when the next reconciliation finds it again.
/// </summary>
internal sealed class ReconciliationBook
{
    /// <summary>Differences that are kept one by one; further ones are only counted.</summary>
    internal const int LinesMax = 1_000;

    private const string FileName = "reconciliation.json";

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile KeptReconciliation? _newest;

    private ReconciliationBook(string path, KeptReconciliation? newest, TimeProvider time) => (_path, _newest, _time) = (path, newest, time);

    internal KeptReconciliation? Newest => _newest;

    /// <exception cref="StartupException">The file is damaged.</exception>
    internal static ReconciliationBook Open(string folder, TimeProvider time)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return new ReconciliationBook(path, File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ReconciliationJson.Default.KeptReconciliation) : null, time);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException("data-unusable", $"'{path}' cannot be read ({e.Message}); delete it and run 'paymentmonitor reconcile' again.", e);
        }
    }

    /// <summary>Takes a report in place of the one before.</summary>
    internal KeptReconciliation Keep(ReconciliationReport report, string by)
    {
        lock (_gate)
        {
            return Write(new KeptReconciliation(
                _time.GetUtcNow(), by, report.Payments, report.Refunds, report.Unsettled, Math.Max(0, report.Differences.Count - LinesMax),
                [.. report.Differences.Take(LinesMax).Select(found => new KeptDifference(found.Kind, found.PaymentId, found.Order, found.Sentence, SettledBefore(found)))]));
        }
    }

    /// <returns>The difference as it is then, or null: the newest reconciliation has no such one.</returns>
    internal KeptDifference? Settle(string kind, PaymentId paymentId, string by, string reason)
    {
        lock (_gate)
        {
            if (_newest is not { } newest || newest.Differences.FirstOrDefault(difference => difference.Is(kind, paymentId)) is not { } found)
            {
                return null;
            }

            var settled = found with { Settled = found.Settled ?? new Settlement(_time.GetUtcNow(), by, reason) };
            Write(newest with { Differences = [.. newest.Differences.Select(difference => ReferenceEquals(difference, found) ? settled : difference)] });
            return settled;
        }
    }

    private Settlement? SettledBefore(Difference found) => _newest?.Differences.FirstOrDefault(difference => difference.Is(found.Kind, found.PaymentId))?.Settled;

    private KeptReconciliation Write(KeptReconciliation reconciliation)
    {
        PrivateFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(reconciliation, ReconciliationJson.Default.KeptReconciliation));
        _newest = reconciliation;
        return reconciliation;
    }
}
