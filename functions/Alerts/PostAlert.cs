using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>Takes an alert from the action group and posts it to the bots. An action group sends no header of ours, so its key is in the address.</summary>
/// <param name="post">Null where no bot is configured.</param>
public sealed class PostAlert(AppSettings settings, AlertPost? post = null)
{
    internal const string Route = "api/alerts";
    private const int MaxBytes = 256 * 1024;

    [Function(nameof(PostAlert))]
    public async Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route)] HttpRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (post is null || settings.AlertKey is not { } key || !SecretHash.Matches(SecretHash.Of(key), request.Query["key"].ToString()))
        {
            return Results.NotFound();
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.Length > MaxBytes || !MonitorAlert.TryRead(body.ToArray(), out var alert) ? Results.BadRequest()
            : await post.SendAsync(alert, cancellationToken) ? Results.Ok()
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
