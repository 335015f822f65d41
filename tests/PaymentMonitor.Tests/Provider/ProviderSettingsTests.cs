using PaymentMonitor.Server;

namespace PaymentMonitor.Tests.Provider;

public sealed class ProviderSettingsTests
{
    [Fact]
    public void An_address_is_all_that_is_needed()
    {
        var options = ProviderSettings.Read(new Uri("https://psp.example.com/v1"))!;

        Assert.Equal((new Uri("https://psp.example.com/v1"), true), (options.Address, options.MakesRefunds));
    }

    [Fact]
    public void An_address_that_cannot_be_appended_to_is_refused_with_where_it_comes_from()
    {
        var refused = Assert.Throws<StartupException>(() => ProviderSettings.Read(new Uri("https://psp.example.com/?merchant=7")));

        Assert.Equal("wrong-provider", refused.Name);
        Assert.Contains("Address must be", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--provider", refused.Message, StringComparison.Ordinal);
    }
}
