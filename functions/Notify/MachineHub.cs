using Microsoft.Azure.WebPubSub.AspNetCore;

namespace PaymentMonitor.Functions;

/// <summary>Names the hub <c>machines</c> to Microsoft's client; upstream events don't come this way.</summary>
public sealed class MachineHub : WebPubSubHub
{
    internal const string HubName = "machines";
}
