using PaymentMonitor.Contracts;
using PaymentMonitor.Machine;

namespace PaymentMonitor.Tests.Machine;

public sealed class MachineClientOptionsTests
{
    private static readonly MachineClientOptions Valid = new()
    {
        Endpoint = new Uri("https://payments.example.com"),
        MachineId = MachineId.Parse("m-1"),
        Secret = "do-not-print",
        Journal = MachineJournal.InMemory(),
    };

    [Fact]
    public void The_defaults_are_valid() => Valid.Validate();

    [Fact]
    public void The_secret_is_not_printed()
    {
        Assert.DoesNotContain("do-not-print", Valid.ToString(), StringComparison.Ordinal);
        Assert.Contains("m-1", Valid.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_does_not_cross_a_network_in_clear_unless_it_was_allowed_to()
    {
        var plain = Valid with { Endpoint = new Uri("http://payments.example.com") };

        Assert.Contains(nameof(MachineClientOptions.AllowUnencrypted), Assert.Throws<ArgumentException>(plain.Validate).Message, StringComparison.Ordinal);
        (plain with { AllowUnencrypted = true }).Validate();
        (Valid with { Endpoint = new Uri("http://127.0.0.1:8080") }).Validate();
    }

    [Fact]
    public void A_broken_rule_is_named()
    {
        MachineClientOptions[] broken =
        [
            Valid with { Endpoint = new Uri("ftp://payments.example.com") },
            Valid with { Secret = "" },
            Valid with { OutboxCapacity = 0 },
            Valid with { InFlightWindow = 0 },
            Valid with { EventsPerSecond = 0 },
            Valid with { EventsBurst = 0 },
            Valid with { Journal = null! },
            Valid with { KeepAliveInterval = TimeSpan.Zero },
            Valid with { Backoff = new Backoff { Base = TimeSpan.FromSeconds(2), Max = TimeSpan.FromSeconds(1) } },
        ];

        Assert.All(broken, options => Assert.Contains("must be", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal));
    }
}
