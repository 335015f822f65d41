using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests;

/// <summary>What every keeper of payment references must do.</summary>
public abstract class PaymentReferencesContract
{
    private static readonly PaymentReference Reference = PaymentReference.Parse("R-1");
    private static readonly OrderKey First = Reports.Key("m-1", "o-1");
    private static readonly OrderKey Second = Reports.Key("m-2", "o-2");

    protected abstract IPaymentReferences References { get; }

    [Fact]
    public async Task The_first_order_that_names_a_reference_owns_it()
    {
        var token = TestContext.Current.CancellationToken;

        Assert.Equal(First, await References.BindAsync(Reference, First, token));
        Assert.Equal(First, await References.BindAsync(Reference, Second, token));
        Assert.Equal(First, await References.BindAsync(Reference, First, token));
        Assert.Equal(First, await References.FindAsync(Reference, token));
    }

    [Fact]
    public async Task A_reference_that_nobody_named_has_no_owner()
    {
        Assert.Null(await References.FindAsync(Reference, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_many_that_bind_at_once_one_wins()
    {
        var token = TestContext.Current.CancellationToken;
        var owners = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            Task.Run(async () => await References.BindAsync(Reference, Reports.Key($"m-{i}", "o-1"), token), token)));

        Assert.Equal(await References.FindAsync(Reference, token), Assert.Single(owners.Distinct()));
    }
}
