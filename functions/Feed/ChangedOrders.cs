using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// A batch of the change feed of the orders. The feed moves past a function that gives up, so what cannot be read is set aside, what
/// fails for one order holds up no other, and the batch comes again, by the trigger's retry, while anything in it failed.
/// </summary>
public sealed partial class ChangedOrders(IDeadLetters deadLetters, ILogger<ChangedOrders> logger)
{
    /// <exception cref="AggregateException">What failed, after all was tried.</exception>
    internal async Task ForEachAsync(IReadOnlyList<JsonElement> documents, Func<Order, Task> action, CancellationToken cancellationToken)
    {
        var work = Task.WhenAll(documents.Select(document => ActAsync(document, action, cancellationToken)));
        try
        {
            await work;
        }
        catch (Exception) when (work.Exception is not null)
        {
            throw work.Exception;
        }
    }

    private async Task ActAsync(JsonElement document, Func<Order, Task> action, CancellationToken cancellationToken)
    {
        Order order;
        try
        {
            order = OrderDocument.Read(JsonMarshal.GetRawUtf8Value(document).ToArray());
        }
        catch (FormatException e)
        {
            var position = $"{Text(document, "machineId")}-{Text(document, "id")}-{Text(document, "_ts")}";
            Log.NotReadable(logger, position, e);
            var letter = new DeadLetter(position, "unreadable-order", JsonMarshal.GetRawUtf8Value(document).ToArray(), e.Message);
            await deadLetters.SetAsideAsync(letter, cancellationToken);
            return;
        }

        await action(order);
    }

    private static string Text(JsonElement document, string name) => document.TryGetProperty(name, out var value) ? value.ToString() : "unknown";

    private static partial class Log
    {
        [LoggerMessage(5211, LogLevel.Error, "The order document {Position} of the change feed is not readable and was set aside.")]
        internal static partial void NotReadable(ILogger logger, string position, Exception exception);
    }
}
