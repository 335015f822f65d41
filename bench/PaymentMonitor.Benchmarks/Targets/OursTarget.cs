using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Benchmarks.Targets;

/// <summary>PaymentMonitor's own server, as a machine sees it: negotiate, then the Web PubSub JSON subprotocol.</summary>
internal sealed class OursTarget(Uri server) : ITarget
{
    private static readonly HttpClient Http = new();

    public string Name => "ours";

    public ReadOnlySpan<byte> Greeting => [];

    internal static string MachineId(int machine) => string.Create(CultureInfo.InvariantCulture, $"bench-{machine:D5}");

    public async Task<Handshake> NegotiateAsync(int machine, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var content = JsonContent.Create(new NegotiateRequest(MachineId(machine), DemoMachines.Secret), WireJson.Default.NegotiateRequest);
            using var response = await Http.PostAsync(new Uri(server, "/api/negotiate"), content, cancellationToken);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                // A whole fleet from one address: the server asks for patience, as it should.
                await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellationToken);
                continue;
            }

            if (!response.IsSuccessStatusCode)
            {
                throw new IOException($"Negotiate was refused ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(cancellationToken)}");
            }

            var answer = await response.Content.ReadFromJsonAsync(WireJson.Default.NegotiateAnswer, cancellationToken);
            return new Handshake(new Uri(answer!.Url).PathAndQuery, "json.webpubsub.azure.v1", answer.Token);
        }
    }

    public int WriteEvent(Span<byte> to, in MachineEvent reported) => WebPubSubText.WriteEvent(to, reported);

    public int WriteConfirmation(Span<byte> to, int lastOrder, int orders) => WebPubSubText.WriteConfirmation(to, lastOrder, orders);

    public void Read(ReadOnlySpan<byte> message, IAnswers answers) => ServerMessageText.Read(message, answers);
}
