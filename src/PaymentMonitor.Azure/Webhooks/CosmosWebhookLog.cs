using Microsoft.Azure.Cosmos;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>The delivery log in Cosmos DB. An endpoint's attempts are in a few partitions, each sorted; what is asked of all is merged here.</summary>
public sealed class CosmosWebhookLog : IWebhookLog
{
    private readonly DocumentSet<WebhookAttemptDocument> _attempts;
    private readonly DocumentSet<WebhookCursorDocument> _cursors;

    public CosmosWebhookLog(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        var container = database.GetContainer(CosmosDatabase.Webhooks);
        _attempts = new DocumentSet<WebhookAttemptDocument>(container, WebhookDocumentJson.Default.WebhookAttemptDocument);
        _cursors = new DocumentSet<WebhookCursorDocument>(container, WebhookDocumentJson.Default.WebhookCursorDocument);
    }

    public async ValueTask<AttemptPage> ListAsync(AttemptQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Continuation is { } given && !given.StartsWith("a:", StringComparison.Ordinal))
        {
            throw new FormatException("The continuation is none that a page gave.");
        }

        var sql = "SELECT * FROM c WHERE c.pk = @pk AND c.kind = @kind AND c.id > @after"
            + (query.MachineId is null ? "" : " AND c.machineId = @machine")
            + (query.Order is null ? "" : " AND c.orderId = @order")
            + (query.Outcome is null ? "" : " AND c.outcome = @outcome")
            + " ORDER BY c.id";
        var parts = query.MachineId is { } machine ? [WebhookPartition.Part(machine.Value)] : Enumerable.Range(0, WebhookPartition.Count);
        var pages = await Task.WhenAll(parts.Select(part => QueryAsync(WebhookPartition.Of(query.EndpointId, part))));
        var newest = pages.SelectMany(page => page.Documents).OrderBy(document => document.Id, StringComparer.Ordinal).Take(query.Limit).ToList();
        return new AttemptPage([.. newest.Select(document => document.Attempt)], newest.Count == query.Limit ? newest[^1].Id : null);

        Task<Page<WebhookAttemptDocument>> QueryAsync(string partition)
        {
            var definition = new QueryDefinition(sql)
                .WithParameter("@pk", partition)
                .WithParameter("@kind", WebhookAttemptDocument.AttemptKind)
                .WithParameter("@after", query.Continuation ?? "a:")
                .WithParameter("@machine", query.MachineId?.Value)
                .WithParameter("@order", query.Order?.Value)
                .WithParameter("@outcome", query.Outcome?.ToString());
            return _attempts.QueryAsync(definition, partition, query.Limit, null, cancellationToken);
        }
    }

    public async ValueTask<DeliveryStatistics> StatisticsAsync(string endpointId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var attempts = new List<DeliveryAttempt>();
        var waiting = 0L;
        for (var part = 0; part < WebhookPartition.Count; part++)
        {
            var partition = WebhookPartition.Of(endpointId, part);
            var recent = new QueryDefinition("SELECT * FROM c WHERE c.pk = @pk AND c.kind = @kind AND c.id < @before")
                .WithParameter("@pk", partition)
                .WithParameter("@kind", WebhookAttemptDocument.AttemptKind)
                .WithParameter("@before", WebhookAttemptDocument.IdAt(since.AddTicks(-1)));
            var open = new QueryDefinition("SELECT * FROM c WHERE c.pk = @pk AND c.kind = @kind AND (c.due = true OR c.waiting = true)")
                .WithParameter("@pk", partition)
                .WithParameter("@kind", WebhookCursorDocument.CursorKind);
            attempts.AddRange((await _attempts.QueryAllAsync(recent, partition, cancellationToken)).Select(document => document.Attempt));
            waiting += (await _cursors.QueryAllAsync(open, partition, cancellationToken)).Count;
        }

        var byOutcome = attempts.ToLookup(attempt => attempt.Outcome);
        var durations = byOutcome[AttemptOutcome.Delivered].Select(attempt => attempt.DurationMs).Order().ToList();
        return new DeliveryStatistics(
            durations.Count,
            byOutcome[AttemptOutcome.Failed].Count(),
            byOutcome[AttemptOutcome.Parked].Count(),
            waiting,
            DurationAt(0.5),
            DurationAt(0.95),
            Last(AttemptOutcome.Delivered),
            new[] { Last(AttemptOutcome.Failed), Last(AttemptOutcome.Parked) }.Max());

        int? DurationAt(double rank) => durations.Count == 0 ? null : durations[(int)(rank * (durations.Count - 1))];

        DateTimeOffset? Last(AttemptOutcome outcome) => byOutcome[outcome].Select(attempt => (DateTimeOffset?)attempt.Time).Max();
    }
}
