using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Machine;

/// <summary>
/// Holds the session and renews it long before it expires, so that a machine whose connection drops can come back without asking for a
/// token first: after a drop of the whole fleet nobody has to negotiate.
/// </summary>
internal sealed partial class TokenRenewal(MachineClientOptions options, Negotiator negotiator, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>A token that expires sooner is not worth an attempt to connect.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(10);

    private volatile Session? _session;

    /// <summary>The session to connect with, negotiated now where there is none that lasts.</summary>
    /// <exception cref="ConnectFailedException">There is no session, for the reason it carries.</exception>
    internal async Task<Session> GetAsync(CancellationToken cancellationToken)
    {
        if (_session is { } session && Left(session) >= Margin)
        {
            return session;
        }

        return _session = await negotiator.NegotiateAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The service does not take the session's token.</summary>
    internal void Discard() => _session = null;

    /// <summary>Renews for as long as a connection lives.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (_session is { } session)
        {
            // At no fixed part of its life, so that machines which came together do not ask together.
            var wait = Left(session) * (0.6 + (random.NextDouble() * 0.3));
            await Task.Delay(wait > ShortestWait ? wait : ShortestWait, time, cancellationToken).ConfigureAwait(false);
            try
            {
                using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
                _session = await negotiator.NegotiateAsync(either.Token).ConfigureAwait(false);
            }
            catch (ConnectFailedException e) when (e.End.Reason == EndReason.Refused)
            {
                // The connection lives on, and so does what it was opened with; asking again soon changes nothing.
                Log.NotRenewed(logger, options.MachineId, e.Message);
                await Task.Delay(options.RefusedDelay, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is (ConnectFailedException or OperationCanceledException))
            {
                // The next wait is shorter by itself.
                Log.NotRenewed(logger, options.MachineId, e.Message);
            }
        }
    }

    private TimeSpan Left(Session session) => session.Life - time.GetElapsedTime(session.MadeAt);

    private static partial class Log
    {
        [LoggerMessage(7000, LogLevel.Warning, "Machine {MachineId} could not renew its token: {Detail} It asks again.")]
        internal static partial void NotRenewed(ILogger logger, MachineId machineId, string detail);
    }
}
