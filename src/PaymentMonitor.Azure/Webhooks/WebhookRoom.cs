using System.Collections.Concurrent;

namespace PaymentMonitor.Azure;

/// <summary>
/// The deliveries on their way from this instance, bounded for each endpoint, so that one which does not answer never has all the
/// places of the queue's trigger.
/// </summary>
public sealed class WebhookRoom(int places = WebhookRoom.PlacesByDefault)
{
    internal const int PlacesByDefault = 8;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _rooms = new(StringComparer.Ordinal);

    /// <returns>A place to be given back, or null where there is none.</returns>
    internal IDisposable? Enter(string endpointId)
    {
        var room = _rooms.GetOrAdd(endpointId, _ => new SemaphoreSlim(places));
        return room.Wait(0) ? new Place(room) : null;
    }

    private sealed class Place(SemaphoreSlim room) : IDisposable
    {
        public void Dispose() => room.Release();
    }
}
