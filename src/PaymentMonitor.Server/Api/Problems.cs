using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Server;

/// <summary>Refusals of the HTTP API: problem details (RFC 9457) with the error's stable name under <c>name</c>.</summary>
internal static class Problems
{
    internal static ProblemHttpResult Of(int status, string name, string sentence)
    {
        return TypedResults.Problem(detail: sentence, statusCode: status, extensions: new Dictionary<string, object?> { ["name"] = name });
    }

    internal static ProblemHttpResult Of(int status, NamedError error) => Of(status, error.Name, error.Message);

    internal static ProblemHttpResult Invalid(string parameter, string rule) => Of(StatusCodes.Status400BadRequest, "invalid-parameter", $"'{parameter}' must be {rule}.");
}
