using Microsoft.IdentityModel.Tokens;

namespace PaymentMonitor.Azure;

/// <summary>A good token of an identity that is not our Web PubSub's.</summary>
internal sealed class NotOurWebPubSubException() : SecurityTokenException("The token is not of the identity of our Web PubSub.");
