using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Pipeline;

/// <summary>Signs a delivery by Standard Webhooks and sends it once.</summary>
public sealed class WebhookSender : IDisposable
{
    private const int AnswerBytesMax = 512;

    private readonly HttpMessageInvoker _http;
    private readonly SecretBox _secrets;
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Signers> _signers = new(StringComparer.Ordinal);

    public WebhookSender(SecretBox secrets, WebhookOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _secrets = secrets;
        _options = options;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = (context, cancellationToken) => AddressGuard.ConnectAsync(context.DnsEndPoint, options.AllowPrivate, cancellationToken),
            MaxConnectionsPerServer = options.ConcurrencyPerEndpoint,
            MaxResponseDrainSize = 64 * 1024,
            MaxResponseHeadersLength = 16,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

            // Names are looked up again now and then, so that a receiver can move.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
    }

    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <exception cref="OperationCanceledException">The caller has given up; whether it was delivered is not known.</exception>
    public async Task<DeliveryResult> SendAsync(WebhookEndpoint endpoint, string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var started = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = Request(endpoint, id, body);
            using var response = await _http.SendAsync(request, either.Token);
            var answer = await BeginningOfAsync(response, either.Token);
            return new DeliveryResult((int)response.StatusCode, null, _time.GetElapsedTime(started), answer, RetryAfterOf(response));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && ErrorOf(e) is { } error)
        {
            return new DeliveryResult(null, error, _time.GetElapsedTime(started), Clean(e.GetBaseException().Message), null);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(WebhookEndpoint endpoint, string id, ReadOnlyMemory<byte> body)
    {
        var now = _time.GetUtcNow();
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = content };
        request.Headers.TryAddWithoutValidation("User-Agent", "PaymentMonitor-Webhooks/1");
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", Signature(endpoint, id, now, body.Span));
        return request;
    }

    private string Signature(WebhookEndpoint endpoint, string id, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        if (!_signers.TryGetValue(endpoint.Id, out var signers) || signers.Revision != endpoint.Revision)
        {
            _signers[endpoint.Id] = signers = new Signers(endpoint.Revision, [.. endpoint.Secrets.Select(secret => Open(endpoint, secret))]);
        }

        var signature = "";
        foreach (var (secret, validUntil) in signers.Secrets)
        {
            if (validUntil is not { } until || now < until)
            {
                signature += (signature.Length > 0 ? " " : "") + secret.Sign(id, now, body);
            }
        }

        return signature;
    }

    private (WebhookSecret Secret, DateTimeOffset? ValidUntil) Open(WebhookEndpoint endpoint, SealedSecret secret) =>
        WebhookSecret.TryParse(_secrets.Open(secret.Sealed, endpoint.Id), out var opened)
            ? (opened, secret.ValidUntil)
            : throw new SecretUnreadableException();

    // The status is what counts: an answer whose body breaks off or trickles is still an answer.
    private static async Task<string> BeginningOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var bytes = new byte[AnswerBytesMax];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return Clean(Encoding.UTF8.GetString(bytes, 0, length));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return "";
        }
    }

    private static string Clean(string text) => string.Create(
        Math.Min(text.Length, AnswerBytesMax), text, (clean, from) =>
        {
            for (var i = 0; i < clean.Length; i++)
            {
                clean[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? ' ' : from[i];
            }
        });

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
        ? response.Headers.RetryAfter switch
        {
            { Delta: { } wait } => wait,
            { Date: { } until } => until - _time.GetUtcNow(),
            _ => null,
        }
        : null;

    private static string? ErrorOf(Exception exception) => exception switch
    {
        OperationCanceledException => DeliveryErrors.Timeout,
        SecretUnreadableException => DeliveryErrors.SecretUnreadable,
        HttpRequestException { InnerException: AddressRefusedException } => DeliveryErrors.AddressRefused,
        HttpRequestException { InnerException: AuthenticationException } => DeliveryErrors.TlsFailed,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => DeliveryErrors.UnknownHost,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => DeliveryErrors.TlsFailed,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => DeliveryErrors.UnknownHost,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => DeliveryErrors.ConnectionFailed,
        HttpRequestException or IOException => DeliveryErrors.InvalidAnswer,
        _ => null,
    };

    private sealed record Signers(long Revision, ImmutableArray<(WebhookSecret Secret, DateTimeOffset? ValidUntil)> Secrets);

    private sealed class SecretUnreadableException() : Exception("The endpoint's secret was encrypted under another key; rotate it.");
}
