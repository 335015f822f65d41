using System.Buffers;
using System.Text.Json;

namespace PaymentMonitor.Contracts;

/// <summary>A buffer and a writer of each thread, used again and again, so that making a message allocates nothing but its bytes.</summary>
internal static class JsonScratch
{
    /// <summary>A buffer that one large message has blown up is not kept.</summary>
    private const int KeptBytesMax = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <param name="write">Must not call this itself.</param>
    internal static byte[] ToBytes<T>(T message, Action<Utf8JsonWriter, T> write)
    {
        if (t_buffer is not { Capacity: <= KeptBytesMax })
        {
            t_buffer = new ArrayBufferWriter<byte>(1024);
        }

        t_writer ??= new Utf8JsonWriter(t_buffer);
        t_buffer.ResetWrittenCount();
        t_writer.Reset(t_buffer);
        write(t_writer, message);
        t_writer.Flush();
        return t_buffer.WrittenSpan.ToArray();
    }
}
