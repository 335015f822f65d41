namespace PaymentMonitor.Contracts;

/// <summary>A machine asks for a connection: the body of <c>POST /api/negotiate</c>.</summary>
public sealed record NegotiateRequest(string MachineId, string Secret);

/// <param name="Url">The WebSocket address, without the token.</param>
/// <param name="Token">Goes into the header <c>Authorization: Bearer</c>, or into the query as <c>access_token</c> where a client can set no header.</param>
/// <param name="ServerTime">The back end's clock while it answered, from which a machine learns its own clock's error.</param>
public sealed record NegotiateAnswer(string Url, string Token, DateTimeOffset ExpiresAt, DateTimeOffset ServerTime);
