using System.Buffers;
using System.Net.Sockets;

namespace PaymentMonitor.Simulator;

/// <summary>One connection through a <see cref="FaultyNetwork"/>. Each direction keeps its order, whatever waits in it.</summary>
internal sealed class FaultyLink(Socket near, Socket far, NetworkFaults faults, int seed, TimeProvider time)
{
    private const int ChunkBytes = 16 * 1024;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isSilent;
    private volatile bool _isHealed;

    /// <summary>Carries until either side closes or the link is cut.</summary>
    internal async Task CarryAsync()
    {
        var there = PumpAsync(near, far, new Random(seed));
        var back = PumpAsync(far, near, new Random(~seed));
        await Task.WhenAny(there, back, _ended.Task);
        if (!_isSilent)
        {
            _ended.TrySetResult();
        }

        // A silent link stays open until the network or the machine ends it: that is what makes it silent.
        await _ended.Task;
        near.Close(0);
        far.Close(0);
        await Task.WhenAll(there, back);
    }

    internal void Cut() => _ended.TrySetResult();

    internal void Silence() => _isSilent = true;

    /// <summary>Delays no more. A silent link is cut.</summary>
    internal void Heal()
    {
        _isHealed = true;
        if (_isSilent)
        {
            Cut();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Random random)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None) is > 0 and var count)
            {
                if (random.NextDouble() < faults.DelayedShare && !_isHealed)
                {
                    await Task.Delay(random.NextDouble() * faults.LongestDelay, time);
                }

                if (_isSilent)
                {
                    continue;
                }

                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Either side is gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (_isSilent && from == near)
            {
                // The machine has given up, so there is nobody left to be silent to.
                _ended.TrySetResult();
            }
        }
    }
}
