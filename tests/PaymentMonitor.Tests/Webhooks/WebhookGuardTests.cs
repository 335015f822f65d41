using System.Net;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Tests.Webhooks;

/// <summary>Deliveries never reach the inside of our own network.</summary>
public sealed class WebhookGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused(string address)
    {
        Assert.False(AddressGuard.IsPublic(IPAddress.Parse(address)));
        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        Assert.NotNull(AddressGuard.Refusal(new Uri($"https://{host}/hooks"), allowPrivate: false));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.32.0.1")]
    [InlineData("192.0.1.1")]
    [InlineData("198.20.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("::ffff:1.1.1.1")]
    public void A_public_address_is_allowed(string address)
    {
        Assert.True(AddressGuard.IsPublic(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("http://shop.example.com/")]
    [InlineData("ftp://shop.example.com/")]
    [InlineData("https://user:password@shop.example.com/")]
    [InlineData("https://shop.example.com/#fragment")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://0177.0.0.1/")]
    public void An_address_that_could_lead_inside_is_not_subscribed(string url)
    {
        Assert.NotNull(AddressGuard.Refusal(new Uri(url), allowPrivate: false));
    }

    [Fact]
    public async Task A_name_that_resolves_to_loopback_is_refused_when_the_connection_is_made()
    {
        await using var world = await WebhookWorld.StartAsync(new WebhookOptions());
        await using var shop = await WebhookReceiver.StartAsync();
        await world.SubscribeAsync(new Uri($"https://localhost:{shop.Url.Port}/"));

        await world.CreateAsync("o-1");

        var attempt = await world.BookedAsync();
        Assert.Equal((null, DeliveryErrors.AddressRefused), (attempt.Status, attempt.Error));
        Assert.False(shop.HasMore);
    }

    [Fact]
    public async Task A_redirect_to_a_private_address_is_not_followed()
    {
        await using var world = await WebhookWorld.StartAsync();
        await using var inner = await WebhookReceiver.StartAsync();
        await using var shop = await WebhookReceiver.StartAsync();
        shop.Then(307, "", ("Location", inner.Url.AbsoluteUri));
        await world.SubscribeAsync(shop.Url);

        await world.CreateAsync("o-1");

        Assert.Equal(307, (await world.BookedAsync()).Status);
        Assert.False(inner.HasMore);
    }
}
