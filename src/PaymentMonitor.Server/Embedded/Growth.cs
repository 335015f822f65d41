using System.Threading.Channels;

namespace PaymentMonitor.Server.Embedded;

/// <summary>Wakes one reader of something that grows; having grown several times before it looks is having grown once.</summary>
internal sealed class Growth
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _grew = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    internal void Note() => _grew.Writer.TryWrite(true);

    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _grew.Reader.ReadAsync(cancellationToken);

    /// <summary>Works off what is there, and then whatever it grows by, until it is cancelled. After a failure it goes on in a second.</summary>
    /// <param name="takePage">Returns whether there may be more.</param>
    internal async Task FollowAsync(Func<CancellationToken, ValueTask<bool>> takePage, Action<Exception> failed, TimeProvider time, CancellationToken cancellationToken)
    {
        do
        {
            try
            {
                while (await takePage(cancellationToken))
                {
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failed(e);
                await Task.Delay(AfterFailure, time, cancellationToken);
                Note();
            }
        }
        while (await WaitAsync(cancellationToken));
    }
}
