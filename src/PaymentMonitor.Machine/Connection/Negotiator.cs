using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>Where to connect and with which token, valid for several connections until it expires.</summary>
/// <param name="MadeAt">A timestamp: no change of a clock makes it older.</param>
/// <param name="Life">How long the token lasts from there.</param>
internal sealed record Session(Uri Url, string Token, long MadeAt, TimeSpan Life);

/// <summary>Exchanges the machine's secret for a session.</summary>
internal sealed class Negotiator(MachineClientOptions options, HttpMessageInvoker http, MachineClock clock, TimeProvider time)
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly Uri _address = new(options.Endpoint.AbsoluteUri.TrimEnd('/') + "/api/negotiate");

    /// <exception cref="ConnectFailedException">There is no session, for the reason it carries.</exception>
    internal async Task<Session> NegotiateAsync(CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new NegotiateRequest(options.MachineId.Value, options.Secret), WireJson.Default.NegotiateRequest);
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            var (asked, madeAt) = (clock.Uptime, time.GetTimestamp());
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await CheckAsync(response, cancellationToken).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
            var answered = clock.Uptime;
            var json = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            var (session, serverTime) = ToSession(json, madeAt);
            clock.Learn(serverTime, asked, answered);
            return session;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ConnectFailedException(new ConnectionEnd(EndReason.Unreachable, $"{_address} cannot be reached: {e.Message}"), e);
        }
    }

    private (Session Session, DateTimeOffset ServerTime) ToSession(byte[] json, long madeAt)
    {
        try
        {
            var answer = JsonSerializer.Deserialize(json, WireJson.Default.NegotiateAnswer);
            if (answer is { Token.Length: > 0 } && Uri.TryCreate(answer.Url, UriKind.Absolute, out var url) && IsAcceptable(url))
            {
                return (new Session(url, answer.Token, madeAt, answer.ExpiresAt - answer.ServerTime), answer.ServerTime);
            }
        }
        catch (JsonException)
        {
            // Told below: what was answered is not shown, it may hold a token.
        }

        throw new ConnectFailedException(new ConnectionEnd(EndReason.Unreachable, $"{_address} answered something that is no negotiation."));
    }

    /// <summary>A back end reached over TLS must not send the token elsewhere in clear.</summary>
    private bool IsAcceptable(Uri url) => url.Scheme == "wss" || (url.Scheme == "ws" && options.Endpoint.Scheme == "http");

    private async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return;
        }

        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        throw new ConnectFailedException(response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                new ConnectionEnd(EndReason.Refused, $"The back end refuses the machine '{options.MachineId}': its secret is wrong, or it is revoked or was never registered."),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable =>
                new ConnectionEnd(EndReason.Throttled, $"{_address} is busy ({(int)response.StatusCode}).", RetryAfter(response)),
            _ => new ConnectionEnd(EndReason.Unreachable, $"{_address} answered {(int)response.StatusCode}."),
        });
    }

    private TimeSpan RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => TimeSpan.Zero,
        };
        return after > TimeSpan.Zero ? TimeSpan.FromSeconds(Math.Min(after.TotalSeconds, 3600)) : TimeSpan.Zero;
    }
}

/// <summary>Carries why no connection came about.</summary>
internal sealed class ConnectFailedException(ConnectionEnd end, Exception? innerException = null) : Exception(end.Detail, innerException)
{
    internal ConnectionEnd End { get; } = end;
}
