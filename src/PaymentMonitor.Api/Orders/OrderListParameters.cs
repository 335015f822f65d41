using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.HttpResults;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

internal sealed record OrderListParameters(
    string? MachineId,
    string? Status,
    string? PaymentId,
    string? PaymentRef,
    [property: Description("First heard of at or after this moment.")] DateTimeOffset? From,
    [property: Description("First heard of before this moment.")] DateTimeOffset? To,
    [property: Description("1 to 1,000; 100 unless given.")] int? Limit,
    string? Continuation)
{
    internal bool TryRead([NotNullWhen(true)] out OrderQuery? query, [NotNullWhen(false)] out ProblemHttpResult? problem)
    {
        query = null;
        if (!TryId<MachineId>(MachineId, "machineId", out var machine, out problem)
            || !TryId<PaymentId>(PaymentId, "paymentId", out var payment, out problem)
            || !TryId<PaymentReference>(PaymentRef, "paymentRef", out var reference, out problem))
        {
            return false;
        }

        OrderStatus? status = null;
        if (Status is not null)
        {
            if (!Enum.TryParse<OrderStatus>(Status, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed))
            {
                problem = Problems.Invalid("status", $"one of {string.Join(", ", Enum.GetNames<OrderStatus>())}");
                return false;
            }

            status = parsed;
        }

        if (Limit is < 1 or > 1_000)
        {
            problem = Problems.Invalid("limit", "1 to 1,000");
            return false;
        }

        query = new OrderQuery(machine, status, payment, reference, From?.ToUniversalTime(), To?.ToUniversalTime(), Limit ?? 100, Continuation);
        return true;
    }

    private static bool TryId<T>(string? text, string name, out T? id, [NotNullWhen(false)] out ProblemHttpResult? problem)
        where T : struct, IIdentifier<T>
    {
        id = null;
        problem = null;
        if (text is null)
        {
            return true;
        }

        if (!T.TryParse(text, out var parsed))
        {
            problem = Problems.Invalid(name, T.Rule);
            return false;
        }

        id = parsed;
        return true;
    }
}
