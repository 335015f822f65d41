using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using EventId = PaymentMonitor.Contracts.EventId;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>The schema and the examples of the documentation come from here: run with UPDATE_DOCS=1 to write them anew.</summary>
public sealed class WebhookDocumentTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly OrderKey Sale = Reports.Key("m-17", "o-4711");

    [Fact]
    public void The_schema_in_the_documentation_is_this_one() => Same("notice.schema.json", Schema());

    [Fact]
    public void The_examples_in_the_documentation_are_what_is_sent()
    {
        foreach (var (type, body) in Examples())
        {
            Same($"examples/{type}.json", body);
        }
    }

    [Fact]
    public async Task Each_type_has_an_example_and_each_example_holds_to_the_schema()
    {
        var schema = await JsonSchema.FromJsonAsync(Schema().ToJsonString(), TestContext.Current.CancellationToken);
        var examples = Examples();

        Assert.Equal([.. WebhookTypes.All.Append(WebhookTypes.Test).Order(StringComparer.Ordinal)], examples.Keys.Order(StringComparer.Ordinal));
        foreach (var (type, body) in examples)
        {
            Assert.True(Holds(schema, body), $"{type}: {body}");
            Assert.True(body.ToJsonString().Length < 20_000);
        }
    }

    [Fact]
    public async Task The_schema_refuses_what_is_no_notice()
    {
        var schema = await JsonSchema.FromJsonAsync(Schema().ToJsonString(), TestContext.Current.CancellationToken);
        var good = Examples()["order.paid"];
        foreach (var (path, value) in new (string, JsonNode?)[] { ("type", "order.guessed"), ("timestamp", "noon"), ("data", null) })
        {
            var bad = good.DeepClone();
            bad[path] = value;
            Assert.False(Holds(schema, bad), path);
        }

        foreach (var required in new[] { "machineId", "orderId", "notice", "version", "paymentId" })
        {
            var bad = good.DeepClone();
            bad["data"]!.AsObject().Remove(required);
            Assert.False(Holds(schema, bad), required);
        }
    }

    [Fact]
    public void Every_field_that_is_sent_is_in_the_schema()
    {
        foreach (var (type, body) in Examples())
        {
            var described = Schema()["$defs"]![type]!["properties"]!["data"]!["properties"]!.AsObject().Select(field => field.Key).ToHashSet();
            Assert.Subset(described, body["data"]!.AsObject().Select(field => field.Key).ToHashSet());
        }
    }

    [Fact]
    public void A_notice_has_the_same_body_whatever_came_after_it()
    {
        var orders = Play(Story());
        var last = orders[^1];
        foreach (var order in orders)
        {
            foreach (var notice in order.Notices)
            {
                Assert.Equal(WebhookBody.Of(order, notice), WebhookBody.Of(last, notice));
            }
        }
    }

    private static bool Holds(JsonSchema schema, JsonNode body) => schema.Validate(body.ToJsonString()).Count == 0;

    private static SortedDictionary<string, JsonNode> Examples()
    {
        var examples = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal)
        {
            [WebhookTypes.Test] = JsonNode.Parse(WebhookBody.Test("ep_4k2v9x0q7m1b3c5d", Noon))!,
        };
        foreach (var order in new[] { Play(Story())[^1], Play(Expired())[^1], Play(Resolved())[^1] })
        {
            foreach (var notice in order.Notices)
            {
                examples.TryAdd(notice.Type, JsonNode.Parse(WebhookBody.Of(order, notice))!);
            }
        }

        return examples;
    }

    /// <summary>Paid twice, shipped, and the second payment given back.</summary>
    private static (int Second, EventSource Source, OrderEvent Body)[] Story() =>
    [
        (0, EventSource.Machine, new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("qr"), 300, PaymentReference.Parse("R-4711"))),
        (20, EventSource.Provider, new OrderEvent.PaymentSucceeded(PaymentId.Parse("pay-1"), 250, Currency.Parse("EUR"))),
        (21, EventSource.Provider, new OrderEvent.PaymentSucceeded(PaymentId.Parse("pay-2"), 250, Currency.Parse("EUR"))),
        (24, EventSource.Machine, new OrderEvent.ShipmentCompleted()),
        (30, EventSource.System, new OrderEvent.Due()),
        (90, EventSource.Provider, new OrderEvent.RefundCompleted(PaymentId.Parse("pay-2"))),
    ];

    private static (int Second, EventSource Source, OrderEvent Body)[] Expired() =>
    [
        (0, EventSource.Machine, new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("cash"), 60)),
        (70, EventSource.System, new OrderEvent.Due()),
    ];

    /// <summary>Allowed, and then nothing was heard of the goods.</summary>
    private static (int Second, EventSource Source, OrderEvent Body)[] Resolved() =>
    [
        (0, EventSource.Machine, new OrderEvent.Created(250, Currency.Parse("EUR"), Channel.Parse("cash"), 300)),
        (20, EventSource.Machine, new OrderEvent.PaymentSucceeded(PaymentId.Parse("pay-1"), 250)),
        (200, EventSource.System, new OrderEvent.Due()),
        (4_000, EventSource.System, new OrderEvent.Resolved(Resolutions.Completed, "night-shift", "The customer has the goods.")),
    ];

    /// <summary>The order after each event.</summary>
    private static List<Order> Play((int Second, EventSource Source, OrderEvent Body)[] events)
    {
        var workflow = new OrderWorkflow(OrderOptions.Default);
        var orders = new List<Order>();
        foreach (var (second, source, body) in events)
        {
            var time = Noon.AddSeconds(second);
            var reported = new ReportedEvent(EventId.Parse($"e-{second}"), Sale.OrderId, body, time);
            orders.Add(workflow.Work(orders.LastOrDefault(), EventTime.Stamp(reported, source, Sale.MachineId, time, workflow.Options)).Order);
        }

        return orders;
    }

    private static JsonObject Schema()
    {
        var definitions = new JsonObject();
        foreach (var type in WebhookTypes.All)
        {
            definitions[type] = Notice(type);
        }

        definitions[WebhookTypes.Test] = Body(WebhookTypes.Test, new JsonObject { ["endpointId"] = Text("The subscription that is tested.") }, "endpointId");
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A notice of PaymentMonitor",
            ["description"] = "The body of a webhook. Later versions may add fields and types: ignore what you do not know.",
            ["oneOf"] = new JsonArray([.. definitions.Select(definition => new JsonObject { ["$ref"] = $"#/$defs/{definition.Key}" })]),
            ["$defs"] = definitions,
        };
    }

    private static JsonObject Notice(string type)
    {
        var data = new JsonObject
        {
            ["machineId"] = Text("1-35 of a-z, 0-9 and '-'."),
            ["orderId"] = Text("1-64 of A-Z, a-z, 0-9, '_' and '-'; unique for its machine."),
            ["notice"] = Count("Counts the notices of an order, from 1: one that is not above the newest you know is a repeat or stale.", 1),
            ["version"] = Count("How many decisions the order had.", 0),
            ["amount"] = Count("What the customer pays, in minor units; absent while the order's terms are not known.", 1),
            ["currency"] = Text("ISO 4217."),
            ["channel"] = Text("How the order is paid, for example qr, card-terminal, cash."),
            ["paymentRef"] = Text("The order's number at the payment provider, where it has one."),
        };
        var required = new List<string> { "machineId", "orderId", "notice", "version" };
        if (type is NoticeTypes.OrderCreated)
        {
            required.AddRange(["amount", "currency", "channel"]);
        }

        if (type is NoticeTypes.OrderPaid or NoticeTypes.RefundCompleted)
        {
            data["paymentId"] = Text("The payment.");
            required.Add("paymentId");
        }

        if (WebhookTypes.IsDecision(type) || type is NoticeTypes.OrderResolved)
        {
            data["reason"] = Text("Why: a stable name for a decision, a sentence for a person's word.");
        }

        if (WebhookTypes.IsDecision(type))
        {
            required.Add("reason");
        }

        if (type is DecisionKinds.ShipmentAllowed)
        {
            data["validUntil"] = Time("The machine begins no shipment after this moment.");
            required.Add("validUntil");
        }

        if (type is DecisionKinds.RefundDue)
        {
            data["refund"] = Record(
                new JsonObject
                {
                    ["refundId"] = Text("The idempotency key of the refund."),
                    ["paymentId"] = Text("The payment to give back."),
                    ["amount"] = Count("In minor units.", 1),
                    ["currency"] = Text("ISO 4217."),
                },
                "refundId", "paymentId", "amount", "currency");
            required.Add("refund");
        }

        if (type is NoticeTypes.OrderResolved)
        {
            data["outcome"] = Text("How an operator ended it: completed, closed or refunded; absent where a later event settled it.");
        }

        return Body(type, data, [.. required]);
    }

    private static JsonObject Body(string type, JsonObject data, params string[] required) => Record(
        new JsonObject { ["type"] = new JsonObject { ["enum"] = new JsonArray(type) }, ["timestamp"] = Time("When it happened; the same at every attempt."), ["data"] = Record(data, required) },
        "type", "timestamp", "data");

    private static JsonObject Record(JsonObject properties, params string[] required) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray([.. required]),
        ["properties"] = properties,
    };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonObject Time(string description) => new() { ["type"] = "string", ["format"] = "date-time", ["description"] = description };

    private static JsonObject Count(string description, int minimum) => new() { ["type"] = "integer", ["minimum"] = minimum, ["description"] = description };

    private static void Same(string file, JsonNode json, [CallerFilePath] string thisFile = "")
    {
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../docs/webhooks", file));
        var text = json.ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        else
        {
            Assert.Equal(text, File.ReadAllText(path).ReplaceLineEndings("\n"));
        }
    }
}
