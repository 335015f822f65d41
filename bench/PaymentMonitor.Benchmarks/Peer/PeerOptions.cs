namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>Where the peer answers for an event with a receipt.</summary>
internal enum DurablePoint
{
    /// <summary>After XADD, with <c>appendfsync always</c>; PostgreSQL then need not wait for its disk: the stream is replayed.</summary>
    Redis,

    /// <summary>After PostgreSQL's commit; Redis is a buffer only.</summary>
    Postgres,
}

/// <param name="Redis">A configuration string of StackExchange.Redis.</param>
/// <param name="Postgres">A connection string of Npgsql.</param>
internal sealed record PeerOptions(string Urls, string Redis, string Postgres, DurablePoint Durable)
{
    /// <summary>Streams, each with one worker: as many as the machine has cores to work them.</summary>
    internal const int Partitions = 2;

    /// <summary>How many entries a worker takes at most into one transaction.</summary>
    internal const int BatchSize = 512;
}
