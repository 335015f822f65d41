using Microsoft.Azure.WebPubSub.AspNetCore;

namespace PaymentMonitor.Functions;

#pragma warning disable CS8981 // Microsoft's client takes the hub's name from the name of this class, as it is written.

/// <summary>The hub of the machines. It only names the hub: upstream events don't come this way.</summary>
public sealed class machines : WebPubSubHub;
