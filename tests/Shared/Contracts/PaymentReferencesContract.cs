using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Testing;

/// <summary>What every register of payment references must do.</summary>
public abstract class PaymentReferencesContract
{
    private static readonly PaymentReference Reference = PaymentReference.Parse("PM-2026-1");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IPaymentReferences> NewReferencesAsync();

    [Fact]
    public async Task A_reference_that_nobody_named_has_no_owner()
    {
        var references = await NewReferencesAsync();

        Assert.Null(await references.FindAsync(Reference, Stop));
    }

    [Fact]
    public async Task The_first_order_that_names_a_reference_owns_it()
    {
        var references = await NewReferencesAsync();

        Assert.Equal(Order("o-1"), await references.BindAsync(Reference, Order("o-1"), Stop));
        Assert.Equal(Order("o-1"), await references.BindAsync(Reference, Order("o-2"), Stop));
        Assert.Equal(Order("o-1"), await references.FindAsync(Reference, Stop));
    }

    [Fact]
    public async Task Binding_twice_for_the_same_order_is_one_binding()
    {
        var references = await NewReferencesAsync();
        await references.BindAsync(Reference, Order("o-1"), Stop);

        Assert.Equal(Order("o-1"), await references.BindAsync(Reference, Order("o-1"), Stop));
    }

    [Fact]
    public async Task Of_many_that_bind_at_once_all_hear_of_the_same_owner()
    {
        var references = await NewReferencesAsync();

        var owners = await Task.WhenAll(Enumerable.Range(1, 20).Select(n => Task.Run(async () => await references.BindAsync(Reference, Order($"o-{n}"), Stop), Stop)));

        Assert.Equal(await references.FindAsync(Reference, Stop), Assert.Single(owners.Distinct()));
    }

    private static OrderKey Order(string id) => new(MachineId.Parse("m-1"), OrderId.Parse(id));
}
