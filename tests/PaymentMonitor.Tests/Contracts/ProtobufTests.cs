using System.Collections;
using System.Reflection;
using System.Text.Json;
using Google.Protobuf;
using PaymentMonitor.Contracts;
using Proto = Paymentmonitor.V1;

namespace PaymentMonitor.Tests.Contracts;

/// <summary>Our codec against its JSON twin, and against Google's code made from the same <c>.proto</c> file.</summary>
public sealed class ProtobufTests
{
    public static TheoryData<int> EveryEvent => [.. Enumerable.Range(0, WireSamples.Events.Count)];

    public static TheoryData<int> EveryServerMessage => [.. Enumerable.Range(0, WireSamples.ServerMessages.Count)];

    public static TheoryData<int> EverySyncRequest => [.. Enumerable.Range(0, WireSamples.SyncRequests.Count)];

    [Theory]
    [MemberData(nameof(EveryEvent))]
    public void An_event_reads_the_same_from_protobuf_and_from_json(int sample)
    {
        var sent = WireSamples.Events[sample];

        Assert.True(EventProtobuf.TryRead(EventProtobuf.ToBytes(sent), out var fromProtobuf, out _));
        Assert.True(EventJson.TryRead(EventJson.ToBytes(fromProtobuf), out var fromJson, out _));

        Assert.Equal(sent, fromProtobuf);
        Assert.Equal(sent, fromJson);
    }

    [Theory]
    [MemberData(nameof(EveryEvent))]
    public void Google_s_code_reads_what_is_written_and_is_read_in_turn(int sample)
    {
        var sent = WireSamples.Events[sample];

        var generated = Proto.Event.Parser.ParseFrom(EventProtobuf.ToBytes(sent));
        Assert.True(EventProtobuf.TryRead(generated.ToByteArray(), out var read, out _));

        Assert.Equal(sent.Body.Type, generated.Type);
        Assert.Equal(sent.Time, generated.Time.ToDateTimeOffset());
        Assert.Equal(sent.SentAt, generated.SentAt?.ToDateTimeOffset());
        Assert.Equal((sent.Boot, sent.Seq), (generated.HasBoot ? generated.Boot : null, generated.HasSeq ? generated.Seq : null));
        Assert.Equal(sent, read);
        Assert.Empty(UnknownFieldsOf(generated));
    }

    [Theory]
    [MemberData(nameof(EveryServerMessage))]
    public void A_server_message_reads_the_same_from_protobuf_from_google_s_code_and_from_json(int sample)
    {
        var sent = WireSamples.ServerMessages[sample];
        var bytes = ServerMessageProtobuf.ToBytes(sent);
        var generated = Proto.ServerMessage.Parser.ParseFrom(bytes);

        Assert.Equal(Json(sent), Json(ServerMessageProtobuf.Read(bytes)));
        Assert.Equal(Json(sent), Json(ServerMessageProtobuf.Read(generated.ToByteArray())));
        Assert.Equal(Json(sent), Json(JsonSerializer.Deserialize(Json(sent), WireJson.Default.ServerMessage)));
        Assert.Empty(UnknownFieldsOf(generated));
    }

    [Theory]
    [MemberData(nameof(EverySyncRequest))]
    public void A_sync_reads_the_same_from_protobuf_and_from_google_s_code(int sample)
    {
        var sent = WireSamples.SyncRequests[sample];
        var generated = Proto.SyncRequest.Parser.ParseFrom(SyncProtobuf.ToBytes(sent));

        Assert.True(SyncProtobuf.TryReadRequest(SyncProtobuf.ToBytes(sent), out var read));
        Assert.True(SyncProtobuf.TryReadRequest(generated.ToByteArray(), out var readInTurn));

        Assert.Equal(Json(sent), Json(read));
        Assert.Equal(Json(sent), Json(readInTurn));
        Assert.Empty(UnknownFieldsOf(generated));
    }

    [Fact]
    public void The_samples_set_every_field_so_that_a_new_one_cannot_be_forgotten_in_protobuf()
    {
        var unset = new HashSet<string>(StringComparer.Ordinal);
        var set = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sample in WireSamples.Events.Cast<object>().Concat(WireSamples.ServerMessages).Concat(WireSamples.SyncRequests))
        {
            Visit(sample, set, unset);
        }

        Assert.Empty(unset.Except(set));
        Assert.Equal(
            typeof(OrderEvent).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(OrderEvent))).Select(type => type.Name).Order(),
            WireSamples.Bodies.Select(body => body.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void An_event_is_less_than_half_as_long_as_its_json()
    {
        var sent = new ReportedEvent(
            EventId.Parse("01JDJ3K4M5N6P7Q8R9S0T1V2W3"),
            OrderId.Parse("8f3a1c-1742"),
            new OrderEvent.PaymentSucceeded(PaymentId.Parse("p-1742"), 250),
            WireSamples.Noon,
            WireSamples.Noon,
            Boot: 1_774_000_000_000,
            Seq: 41);

        Assert.InRange(EventProtobuf.ToBytes(sent).Length, 1, EventJson.ToBytes(sent).Length / 2);
    }

    private static string Json(ServerMessage? message) => JsonSerializer.Serialize(message!, WireJson.Default.ServerMessage);

    private static string Json(SyncRequest message) => JsonSerializer.Serialize(message, WireJson.Default.SyncRequest);

    /// <summary>What Google's code could not name, in the message or in one inside it.</summary>
    private static IEnumerable<string> UnknownFieldsOf(IMessage message)
    {
        var known = message.ToByteArray().Length;
        var stripped = message.Descriptor.Parser.WithDiscardUnknownFields(true).ParseFrom(message.ToByteArray()).ToByteArray().Length;
        return known == stripped ? [] : [message.Descriptor.Name];
    }

    private static void Visit(object? value, HashSet<string> set, HashSet<string> unset)
    {
        if (value is null || value is string || value.GetType().Assembly != typeof(ReportedEvent).Assembly)
        {
            foreach (var element in value is IEnumerable elements and not string ? elements : Array.Empty<object>())
            {
                Visit(element, set, unset);
            }

            return;
        }

        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var name = $"{value.GetType().Name}.{property.Name}";
            var inside = property.GetValue(value);
            (IsSet(inside) ? set : unset).Add(name);
            Visit(inside, set, unset);
        }
    }

    private static bool IsSet(object? value) => value switch
    {
        null => false,
        ICollection collection => collection.Count > 0,
        ReceiptStatus => true,
        _ => !value.GetType().IsValueType || !value.Equals(Activator.CreateInstance(value.GetType())),
    };
}
