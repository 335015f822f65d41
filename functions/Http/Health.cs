using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Cosmos;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions;

/// <summary>Whether the services answer without which nothing is received or decided. For probes, so without a key; asked at most every few seconds, whoever asks.</summary>
public sealed class Health(Database database, EventHubProducerClient log, BlobContainerClient deadLetters, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _asking = new(1);
    private (long At, HealthView View)? _kept;

    internal async Task<IResult> CheckAsync(CancellationToken cancellationToken)
    {
        var view = await AskAsync(cancellationToken);
        return Results.Json(view, statusCode: view.Status == "healthy" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    public void Dispose() => _asking.Dispose();

    private async Task<HealthView> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_kept is not { } kept || time.GetElapsedTime(kept.At) >= KeptFor)
            {
                var answers = await Task.WhenAll(AnswersAsync(CosmosAsync), AnswersAsync(LogAsync), AnswersAsync(BlobsAsync));
                var view = new HealthView(answers.All(answer => answer) ? "healthy" : "unhealthy", answers[0], answers[1], answers[2]);
                _kept = kept = (time.GetTimestamp(), view);
            }

            return kept.View;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task<bool> AnswersAsync(Func<CancellationToken, Task> ask)
    {
        try
        {
            using var within = new CancellationTokenSource(AnswersWithin, time);
            await ask(within.Token);
            return true;
        }
        catch (Exception)
        {
            // Whatever it is, it does not answer; those who use it log why.
            return false;
        }
    }

    private async Task CosmosAsync(CancellationToken cancellationToken)
    {
        using var answer = await database.GetContainer(CosmosDatabase.Orders).ReadItemStreamAsync("health", new PartitionKey("health"), cancellationToken: cancellationToken);
        if (answer.StatusCode != System.Net.HttpStatusCode.NotFound)
        {
            answer.EnsureSuccessStatusCode();
        }
    }

    private Task LogAsync(CancellationToken cancellationToken) => log.GetEventHubPropertiesAsync(cancellationToken);

    private Task BlobsAsync(CancellationToken cancellationToken) => deadLetters.ExistsAsync(cancellationToken);
}

internal sealed record HealthView(string Status, bool Orders, bool Log, bool DeadLetters);
