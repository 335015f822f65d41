using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Api;

/// <summary>Refusals of the HTTP API: problem details (RFC 9457) with the error's stable name under <c>name</c>.</summary>
internal static class Problems
{
    internal static ProblemHttpResult Of(int status, string name, string sentence)
    {
        return TypedResults.Problem(detail: sentence, statusCode: status, extensions: new Dictionary<string, object?> { ["name"] = name });
    }

    internal static ProblemHttpResult Of(int status, NamedError error) => Of(status, error.Name, error.Message);

    internal static ProblemHttpResult Invalid(string parameter, string rule) => Of(StatusCodes.Status400BadRequest, "invalid-parameter", $"'{parameter}' must be {rule}.");

    /// <summary>Names the refusals of the framework: what it could not read never came to a route.</summary>
    internal static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        var (name, sentence) = problem.Status switch
        {
            StatusCodes.Status400BadRequest => ("invalid-request", "A parameter or the body cannot be read; /openapi/v1.json describes them."),
            StatusCodes.Status401Unauthorized => ("not-authenticated", "This route needs a token in the header 'Authorization: Bearer'."),
            StatusCodes.Status403Forbidden => ("wrong-role", "The caller's role does not allow this."),
            StatusCodes.Status404NotFound => ("unknown-route", "There is nothing at this address."),
            StatusCodes.Status405MethodNotAllowed => ("wrong-method", "The address does not answer to this method."),
            StatusCodes.Status415UnsupportedMediaType => ("wrong-content-type", "The body must be sent as application/json."),
            _ => ("failed", "The server could not answer; its log says why."),
        };
        if (problem.Extensions.TryAdd("name", name))
        {
            problem.Detail ??= sentence;
        }
    }
}
