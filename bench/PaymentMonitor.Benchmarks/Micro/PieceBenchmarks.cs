using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using PaymentMonitor.Benchmarks.Targets;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.WebPubSub;

namespace PaymentMonitor.Benchmarks.Micro;

/// <summary>
/// The pieces of one event's way through the server, each alone. In process: a generated project would come under this
/// repository's own build rules.
/// </summary>
[InProcess]
[MemoryDiagnoser]
public class PieceBenchmarks
{
    private static readonly OrderWorkflow Workflow = new(OrderOptions.Default);

    private readonly NameCache _names = new();
    private readonly FrameBuffer _frames = new();
    private readonly ArrayBufferWriter<byte> _document = new(8192);
    private readonly List<Envelope> _envelopes = [];
    private readonly Receipt _receipt = Receipt.Accepted("01B00000000000000000000012");
    private byte[] _event = [];
    private byte[] _message = [];
    private byte[] _serialised = [];
    private Order? _paid;
    private Order? _completed;

    [GlobalSetup]
    public void SetUp()
    {
        var buffer = new byte[2048];
        var time = new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
        for (var step = Step.Created; step <= Step.Shipped; step++)
        {
            var reported = new MachineEvent("01B0000000", 7, 1, step, time.AddSeconds((int)step));
            _event = buffer[..reported.WriteJson(buffer)];
            _message = buffer[..WebPubSubText.WriteEvent(buffer, reported)];
            _envelopes.Add(Stamp(ParseEvent(), new DateTimeOffset(reported.Time)));
        }

        foreach (var envelope in _envelopes)
        {
            _paid = _completed;
            _completed = Workflow.Work(_completed, envelope).Order;
        }

        OrderDocument.Write(_document, _completed!);
        _serialised = _document.WrittenSpan.ToArray();
    }

    [Benchmark(Description = "parse the client's frame")]
    public int ParseFrame()
    {
        return JsonClientFrames.TryRead(_message, _names, out var frame, out var fault) ? frame.Data.Length : throw new InvalidOperationException(fault);
    }

    [Benchmark(Description = "parse the event")]
    public ReportedEvent ParseEvent()
    {
        return EventJson.TryRead(_event, out var reported, out var refusal) ? reported : throw new InvalidOperationException(refusal.Error.Message);
    }

    [Benchmark(Description = "apply the last event of an order")]
    public Order ApplyOne() => Workflow.Work(_paid, _envelopes[^1]).Order;

    [Benchmark(Description = "apply a whole order, four events")]
    public Order ApplyAll()
    {
        Order? order = null;
        foreach (var envelope in _envelopes)
        {
            order = Workflow.Work(order, envelope).Order;
        }

        return order!;
    }

    [Benchmark(Description = "write an order's document")]
    public int WriteDocument()
    {
        _document.ResetWrittenCount();
        OrderDocument.Write(_document, _completed!);
        return _document.WrittenCount;
    }

    [Benchmark(Description = "read an order's document")]
    public Order ReadDocument() => OrderDocument.Read(_serialised);

    [Benchmark(Description = "serialise a receipt")]
    public byte[] SerialiseReceipt() => JsonSerializer.SerializeToUtf8Bytes<ServerMessage>(_receipt, WireJson.Default.ServerMessage);

    [Benchmark(Description = "serialise a decision")]
    public byte[] SerialiseDecision() => JsonSerializer.SerializeToUtf8Bytes<ServerMessage>(_completed!.Decisions[0], WireJson.Default.ServerMessage);

    [Benchmark(Description = "frame a server message")]
    public int Frame()
    {
        Subprotocol.Json.WriteMessage(_frames, 0, new OutgoingMessage(MessageDataType.Json, _event));
        var length = _frames.Length;
        _frames.Consume(length);
        return length;
    }

    private static Envelope Stamp(ReportedEvent reported, DateTimeOffset receivedAt)
    {
        return EventTime.Stamp(reported, EventSource.Machine, MachineId.Parse("bench-00007"), receivedAt, OrderOptions.Default);
    }
}
