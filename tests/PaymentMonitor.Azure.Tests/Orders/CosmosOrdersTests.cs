using System.Net;
using System.Text.Json;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Domain;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Testing;
using static PaymentMonitor.Testing.Reports;

namespace PaymentMonitor.Azure.Tests;

public sealed class CosmosOrdersTests(CosmosServer server) : IDisposable
{
    private readonly CosmosWire _wire = new();
    private readonly FakeTimeProvider _clock = new(Noon);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_that_was_never_saved_is_not_there()
    {
        var orders = await NewOrdersAsync();

        Assert.Null(await orders.ReadAsync(Order1, Stop));
    }

    [Fact]
    public async Task An_order_is_read_as_it_was_saved()
    {
        var orders = await NewOrdersAsync();
        var order = After(Created(Order1, Noon), Paid(Order1, Noon.AddSeconds(3)));

        await SaveAsync(orders, order);

        var read = await orders.ReadAsync(Order1, Stop);
        Assert.Equal(CosmosOrderDocument.Write(order), CosmosOrderDocument.Write(read!));
        Assert.Equal(DecisionKinds.ShipmentAllowed, Assert.Single(read!.Decisions).Kind);
    }

    [Fact]
    public void The_stored_document_is_that_of_every_mode_and_what_queries_look_for()
    {
        var order = After(Created(Order1, Noon), Paid(Order1, Noon.AddSeconds(3)));
        var shared = new System.Buffers.ArrayBufferWriter<byte>();
        OrderDocument.Write(shared, order);

        var fields = JsonDocument.Parse(CosmosOrderDocument.Write(order)).RootElement;

        foreach (var field in JsonDocument.Parse(shared.WrittenMemory).RootElement.EnumerateObject())
        {
            Assert.Equal(field.Value.GetRawText(), fields.GetProperty(field.Name).GetRawText());
        }

        Assert.Equal(Noon.ToUnixTimeMilliseconds(), fields.GetProperty("heardAt").GetInt64());
        Assert.True(fields.GetProperty("unconfirmed").GetBoolean());
    }

    [Fact]
    public async Task Of_two_that_save_what_they_loaded_one_is_told_to_load_again()
    {
        var orders = await NewOrdersAsync();
        var first = await orders.LoadAsync(Order1, Stop);
        var second = await orders.LoadAsync(Order1, Stop);

        Assert.True(await orders.TrySaveAsync(first, After(Created(Order1, Noon)), Stop));
        Assert.False(await orders.TrySaveAsync(second, After(Created(Order1, Noon)), Stop));

        first = await orders.LoadAsync(Order1, Stop);
        second = await orders.LoadAsync(Order1, Stop);
        Assert.True(await orders.TrySaveAsync(first, After(Created(Order1, Noon), Paid(Order1, Noon)), Stop));
        Assert.False(await orders.TrySaveAsync(second, After(Created(Order1, Noon)), Stop));
        Assert.Equal(1, (await orders.ReadAsync(Order1, Stop))!.Version);
    }

    [Fact]
    public async Task The_orders_of_a_machine_are_listed_newest_first_a_page_at_a_time()
    {
        var orders = await NewOrdersAsync();
        foreach (var n in new[] { 3, 1, 5, 2, 4 })
        {
            await SaveAsync(orders, After(Created(Key("m-1", n), Noon.AddMilliseconds(n * 100))));
            await SaveAsync(orders, After(Created(Key("m-2", n), Noon)));
        }

        var query = new OrderQuery(MachineId.Parse("m-1"), Limit: 3);
        var first = await orders.ListAsync(query, Stop);
        var second = await orders.ListAsync(query with { Continuation = first.Continuation }, Stop);

        Assert.Equal(["o-5", "o-4", "o-3"], first.Orders.Select(o => o.OrderId.Value));
        Assert.Equal(["o-2", "o-1"], second.Orders.Select(o => o.OrderId.Value));
        Assert.Null(second.Continuation);
    }

    [Fact]
    public async Task A_list_can_be_narrowed_to_a_status_and_a_time()
    {
        var orders = await NewOrdersAsync();
        await SaveAsync(orders, After(Created(Key("m-1", 1), Noon)));
        await SaveAsync(orders, After(Created(Key("m-1", 2), Noon.AddMinutes(1)), Paid(Key("m-1", 2), Noon.AddMinutes(1))));
        await SaveAsync(orders, After(Created(Key("m-1", 3), Noon.AddMinutes(2)), Paid(Key("m-1", 3), Noon.AddMinutes(2))));
        var allowed = new OrderQuery(MachineId.Parse("m-1"), OrderStatus.ShipmentAllowed);

        Assert.Equal(["o-3", "o-2"], await IdsAsync(orders, allowed));
        Assert.Equal(["o-3"], await IdsAsync(orders, allowed with { From = Noon.AddMinutes(2) }));
        Assert.Equal(["o-2"], await IdsAsync(orders, allowed with { To = Noon.AddMinutes(2) }));
    }

    [Fact]
    public async Task An_order_is_found_by_its_payment_reference()
    {
        var database = await server.NewDatabaseAsync(_wire);
        var orders = new CosmosOrders(database, _clock);
        var reference = PaymentReference.Parse("PM-1");
        await new CosmosPaymentReferences(database).BindAsync(reference, Order1, Stop);
        await SaveAsync(orders, After(Created(Order1, Noon, "qr", "PM-1")));

        Assert.Equal(["o-1"], await IdsAsync(orders, new OrderQuery(PaymentRef: reference)));
        Assert.Empty(await IdsAsync(orders, new OrderQuery(PaymentRef: reference, MachineId: MachineId.Parse("m-2"))));
        Assert.Empty(await IdsAsync(orders, new OrderQuery(PaymentRef: PaymentReference.Parse("PM-2"))));
    }

    [Fact]
    public async Task All_orders_that_name_a_payment_are_found_by_it()
    {
        var orders = await NewOrdersAsync();
        await SaveAsync(orders, After(Created(Key("m-1", 1), Noon), Paid(Key("m-1", 1), Noon, "p-7")));
        await SaveAsync(orders, After(Created(Key("m-2", 2), Noon.AddMinutes(1)), Paid(Key("m-2", 2), Noon.AddMinutes(1), "p-7")));
        await SaveAsync(orders, After(Created(Key("m-1", 3), Noon), Paid(Key("m-1", 3), Noon, "p-8")));
        var payment = new OrderQuery(PaymentId: PaymentId.Parse("p-7"));

        Assert.Equal(["o-2", "o-1"], await IdsAsync(orders, payment));
        Assert.Equal(["o-1"], await IdsAsync(orders, payment with { MachineId = MachineId.Parse("m-1") }));
    }

    [Fact]
    public async Task What_leads_to_an_order_is_written_before_it()
    {
        var orders = await NewOrdersAsync();
        var order = After(Created(Order1, Noon), Paid(Order1, Noon));
        var loaded = await orders.LoadAsync(Order1, Stop);
        _wire.FailAfterWrite(HttpStatusCode.ServiceUnavailable);

        await Assert.ThrowsAsync<CosmosException>(async () => await orders.TrySaveAsync(loaded, order, Stop));
        Assert.Null(await orders.ReadAsync(Order1, Stop));

        Assert.True(await orders.TrySaveAsync(loaded, order, Stop));
        Assert.Equal(["o-1"], await IdsAsync(orders, new OrderQuery(PaymentId: PaymentId.Parse("p-1"))));
    }

    [Fact]
    public async Task Unconfirmed_orders_are_listed_oldest_first_until_they_are_confirmed()
    {
        var orders = await NewOrdersAsync();
        await SaveAsync(orders, After(Created(Key("m-1", 1), Noon)));
        await SaveAsync(orders, After(Created(Key("m-1", 2), Noon.AddMinutes(2)), Paid(Key("m-1", 2), Noon.AddMinutes(2))));
        await SaveAsync(orders, After(Created(Key("m-1", 3), Noon.AddMinutes(1)), Paid(Key("m-1", 3), Noon.AddMinutes(1))));
        var machine = MachineId.Parse("m-1");
        Assert.Equal(["o-3", "o-2"], (await orders.UnconfirmedAsync(machine, Stop)).Select(o => o.OrderId.Value));

        await orders.ConfirmAsync(machine, [new Confirmation(OrderId.Parse("o-3"), 1), new Confirmation(OrderId.Parse("o-9"), 1)], Stop);

        Assert.Equal(["o-2"], (await orders.UnconfirmedAsync(machine, Stop)).Select(o => o.OrderId.Value));
    }

    [Fact]
    public async Task A_confirmation_that_loses_a_race_takes_nothing_from_the_winner()
    {
        var orders = await NewOrdersAsync();
        await SaveAsync(orders, After(Created(Order1, Noon), Paid(Order1, Noon)));
        _wire.BeforeWrite(() => SaveAsync(orders, After(Created(Order1, Noon), Paid(Order1, Noon), Shipped(Order1, Noon))));

        await ConfirmAsync(orders, 1);

        var order = (await orders.ReadAsync(Order1, Stop))!;
        Assert.Equal((2, 1), (order.Version, order.ConfirmedVersion));
    }

    [Fact]
    public async Task A_throttled_write_waits_as_long_as_it_is_told_and_is_done()
    {
        var orders = await NewOrdersAsync();
        _wire.FailBeforeWrite(HttpStatusCode.TooManyRequests, retryAfter: TimeSpan.FromMilliseconds(1));

        await SaveAsync(orders, After(Created(Order1, Noon)));

        Assert.NotNull(await orders.ReadAsync(Order1, Stop));
        Assert.Equal(3, _wire.Requests.Count(request => request.Method == HttpMethod.Post));
    }

    [Fact]
    public async Task Throttling_that_goes_on_ends_with_the_wait_that_was_asked_for()
    {
        var orders = await NewOrdersAsync();
        var loaded = await orders.LoadAsync(Order1, Stop);
        for (var n = 0; n < 4; n++)
        {
            _wire.FailBeforeWrite(HttpStatusCode.TooManyRequests, retryAfter: TimeSpan.FromMilliseconds(7));
        }

        var throttled = await Assert.ThrowsAsync<CosmosException>(async () => await orders.TrySaveAsync(loaded, After(Created(Order1, Noon)), Stop));

        Assert.Equal(HttpStatusCode.TooManyRequests, throttled.StatusCode);
        Assert.Equal(TimeSpan.FromMilliseconds(7), throttled.RetryAfter);
    }

    public void Dispose() => _wire.Dispose();

    private static OrderKey Key(string machine, int n) => new(MachineId.Parse(machine), OrderId.Parse($"o-{n}"));

    private static async Task<IEnumerable<string>> IdsAsync(CosmosOrders orders, OrderQuery query)
    {
        return (await orders.ListAsync(query, Stop)).Orders.Select(order => order.OrderId.Value);
    }

    private static async Task SaveAsync(CosmosOrders orders, Order order)
    {
        var loaded = await orders.LoadAsync(new OrderKey(order.MachineId, order.OrderId), Stop);
        Assert.True(await orders.TrySaveAsync(loaded, order, Stop));
    }

    private static async Task ConfirmAsync(CosmosOrders orders, int version)
    {
        await orders.ConfirmAsync(Order1.MachineId, [new Confirmation(Order1.OrderId, version)], Stop);
    }

    private async Task<CosmosOrders> NewOrdersAsync() => new(await server.NewDatabaseAsync(_wire), _clock);
}
