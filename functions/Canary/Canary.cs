using System.Diagnostics.Metrics;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Functions;

/// <summary>
/// A machine that does not exist makes a real sale each minute, through every hop that a real one goes through. That it is not heard
/// of is an alert. Its orders are orders like all others, under the machine id <c>canary</c>.
/// </summary>
public sealed partial class Canary(CanaryMachine machine, AppSettings settings, IMeterFactory meters, ILogger<Canary> logger)
{
    private readonly Histogram<double> _duration = meters.Create(Telemetry.Meter).CreateHistogram<double>(
        "paymentmonitor.canary.duration", "s", "From the canary's report of a payment to its permission to ship.");

    [Function(nameof(Canary))]
    public async Task RunAsync([TimerTrigger("30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (settings.CanaryEndpoint is not { } endpoint)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(45));
        try
        {
            var took = await CanarySale.RunAsync(endpoint, CanaryMachine.Id, await machine.SecretAsync(limit.Token), limit.Token);
            _duration.Record(took.TotalSeconds);
            Log.Sold(logger, took.TotalMilliseconds);
        }
        catch
        {
            machine.ForgetSecret();
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5231, LogLevel.Information, "The canary sold: it had its permission {DurationMs} ms after its payment.")]
        internal static partial void Sold(ILogger logger, double durationMs);
    }
}

/// <summary>The canary's registration. Its secret is made by the application, kept in memory only, and replaced by the next instance.</summary>
public sealed class CanaryMachine(MachineRegistry registry)
{
    internal static readonly MachineId Id = MachineId.Parse("canary");

    private static readonly Channel Cash = Channel.Parse("cash");

    private string? _secret;

    /// <summary>Other instances may have replaced it: the next sale gets a new one.</summary>
    internal void ForgetSecret() => _secret = null;

    internal async Task<string> SecretAsync(CancellationToken cancellationToken)
    {
        if (_secret is null)
        {
            var answer = await registry.AddAsync(Id, [Cash], cancellationToken);
            if (answer is RegistryAnswer.Refused { Error.Name: "already-registered" })
            {
                answer = await registry.RotateAsync(Id, MachineRegistry.RotationOverlap, cancellationToken);
            }

            _secret = answer is RegistryAnswer.Done { Secret: { } made } ? made : throw new InvalidOperationException("The canary cannot be registered: its machine id is revoked or taken.");
        }

        return _secret;
    }
}
