using System.Text.Json;

namespace PaymentMonitor.Server.WebPubSub;

/// <summary>JSON that comes from one client and is passed on to others as it is.</summary>
internal static class JsonText
{
    internal static bool IsOneValue(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            var any = reader.Read() && reader.TrySkip();
            return any && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
