using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace PaymentMonitor.Testing;

/// <summary>
/// The wire between Microsoft's client and the server. Tests break it here, by request, so that the client's own handling of
/// faults is part of what is tested. It also mends three deviations of the npm server from Cosmos DB.
/// </summary>
internal sealed class CosmosWire() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly ConcurrentQueue<Fault> _faults = new();
    private int _requestsUntilFault = -1;
    private bool _faultComesAfter;

    /// <summary>Reads and writes of documents that were sent, those with an injected fault included.</summary>
    internal ConcurrentQueue<(HttpMethod Method, string Path)> Requests { get; } = new();

    /// <summary>What happens around each request for a document; nothing unless set.</summary>
    internal Func<Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> Around { get; set; } = request => request();

    /// <summary>While set, no request for a document reaches the server.</summary>
    internal bool IsDown { get; set; }

    /// <summary>The next write of a document does not reach the server and gets this answer.</summary>
    internal void FailBeforeWrite(HttpStatusCode status, TimeSpan? retryAfter = null) => _faults.Enqueue(new Fault(status, retryAfter, Reaches: false, Meanwhile: null));

    /// <summary>The next write of a document is done, and its answer is lost on the way.</summary>
    internal void FailAfterWrite(HttpStatusCode status) => _faults.Enqueue(new Fault(status, null, Reaches: true, Meanwhile: null));

    /// <summary>One request for a document fails, counted from 0: before it reaches the server, or with its answer lost.</summary>
    internal void FailRequest(int number, bool afterwards) => (_requestsUntilFault, _faultComesAfter) = (number, afterwards);

    internal void FailNoMore() => _requestsUntilFault = -1;

    /// <summary>Somebody else acts just before the next write of a document arrives.</summary>
    internal void BeforeWrite(Func<Task> meanwhile) => _faults.Enqueue(new Fault(null, null, Reaches: true, meanwhile));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Contains("x-ms-cosmos-is-query-plan-request"))
        {
            return PlanOfOnePartition(request);
        }

        var path = request.RequestUri!.AbsolutePath;
        if (path.EndsWith("/pkranges", StringComparison.Ordinal))
        {
            request.RequestUri = new UriBuilder(request.RequestUri) { Path = WithIdsOfTheServer(path) }.Uri;
        }

        if (!path.Contains("/docs", StringComparison.Ordinal))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        return await Around(() => SendDocumentAsync(request, path, cancellationToken));
    }

    private async Task<HttpResponseMessage> SendDocumentAsync(HttpRequestMessage request, string path, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            return Answer(request, HttpStatusCode.ServiceUnavailable, "{}");
        }

        var query = request.Headers.Contains("x-ms-documentdb-isquery");
        Requests.Enqueue((query ? HttpMethod.Query : request.Method, path));
        var fault = FaultOf(isWrite: !query && request.Method != HttpMethod.Get);
        if (fault?.Meanwhile is { } meanwhile)
        {
            await meanwhile();
        }

        var response = fault is { Reaches: false } ? Answer(request, fault.Status!.Value, "{}") : await base.SendAsync(request, cancellationToken);
        if (fault is { Status: { } status })
        {
            response = Answer(request, status, "{}");
            if (fault.RetryAfter is { } wait)
            {
                response.Headers.Add("x-ms-retry-after-ms", ((int)wait.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        // The server answers 500 where Cosmos DB answers 404: a point read of what is not there.
        return request.Method == HttpMethod.Get && response.StatusCode == HttpStatusCode.InternalServerError
            ? Answer(request, HttpStatusCode.NotFound, "{}")
            : response;
    }

    /// <summary>
    /// A resource id is base64, and in a path it has a dash for the slash. The server knows it by the slash alone, escaped: without
    /// this, what is in its 63rd database cannot be queried.
    /// </summary>
    private static string WithIdsOfTheServer(string path)
    {
        var segments = path.Replace("%2F", "-", StringComparison.OrdinalIgnoreCase).Split('/');
        return string.Join('/', segments.Select(segment => segment.EndsWith('=') ? segment.Replace("-", "%2F", StringComparison.Ordinal) : segment));
    }

    private Fault? FaultOf(bool isWrite)
    {
        if (Interlocked.Decrement(ref _requestsUntilFault) == -1)
        {
            return new Fault(HttpStatusCode.ServiceUnavailable, null, Reaches: _faultComesAfter, Meanwhile: null);
        }

        return isWrite && _faults.TryDequeue(out var fault) ? fault : null;
    }

    /// <summary>
    /// The server makes no query plans. For a query within one partition Cosmos DB's gateway answers that it may be sent as it is,
    /// and so does this.
    /// </summary>
    private static HttpResponseMessage PlanOfOnePartition(HttpRequestMessage request)
    {
        const string Plan = """
            {"partitionedQueryExecutionInfoVersion":2,
             "queryInfo":{"distinctType":"None","top":null,"offset":null,"limit":null,"orderBy":[],"orderByExpressions":[],"groupByExpressions":[],
               "groupByAliases":[],"aggregates":[],"groupByAliasToAggregateType":{},"rewrittenQuery":"","hasSelectValue":false,"hasNonStreamingOrderBy":false},
             "queryRanges":[{"min":"","max":"FF","isMinInclusive":true,"isMaxInclusive":false}]}
            """;
        return Answer(request, HttpStatusCode.OK, Plan);
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, HttpStatusCode status, string json)
    {
        var response = new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(json, Encoding.UTF8, "application/json") };
        response.Headers.Add("x-ms-activity-id", Guid.NewGuid().ToString());
        return response;
    }

    private sealed record Fault(HttpStatusCode? Status, TimeSpan? RetryAfter, bool Reaches, Func<Task>? Meanwhile);
}
