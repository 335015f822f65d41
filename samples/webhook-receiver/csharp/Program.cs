// A business system that is told of orders. It subscribes where PAYMENTMONITOR_API_KEY is set, and only listens where WEBHOOK_SECRET is:
//   dotnet run -- [server] [port]
using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using WebhookReceiver;

var server = new Uri(args.ElementAtOrDefault(0) ?? "http://127.0.0.1:8080");
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls($"http://127.0.0.1:{args.ElementAtOrDefault(1) ?? "9100"}");
var app = builder.Build();
var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET");

// A real system keeps these two in its database, in the transaction that acts on the delivery.
var seen = new ConcurrentDictionary<string, bool>(); // webhook ids: a delivery may come twice
var newest = new ConcurrentDictionary<string, int>(); // the newest notice of each order: one that is older changes nothing any more

app.MapPost("/hooks", async (HttpRequest request) =>
{
    using var body = new MemoryStream(); // exactly the bytes that were signed
    await request.Body.CopyToAsync(body);
    var id = request.Headers["webhook-id"].ToString();
    if (!Signature.Holds(secret!, id, request.Headers["webhook-timestamp"].ToString(), request.Headers["webhook-signature"].ToString(), body.ToArray(), TimeProvider.System))
    {
        Console.WriteLine($"refused   {id}");
        return Results.Unauthorized();
    }

    body.Position = 0;
    Receive(id, (await JsonDocument.ParseAsync(body)).RootElement);
    return Results.NoContent(); // only now: what was not answered with 2xx comes again
});

await app.StartAsync();
if (Environment.GetEnvironmentVariable("PAYMENTMONITOR_API_KEY") is { } key)
{
    secret = await SubscribeAsync(key, new Uri(new Uri(app.Urls.Single()), "/hooks"));
}

if (secret is null)
{
    Console.Error.WriteLine("Set PAYMENTMONITOR_API_KEY to subscribe, or WEBHOOK_SECRET to only listen.");
    return 1;
}

Console.WriteLine($"listening {app.Urls.Single()}/hooks");
await app.WaitForShutdownAsync();
return 0;

void Receive(string id, JsonElement told)
{
    var (type, data) = (told.GetProperty("type").GetString(), told.GetProperty("data"));
    if (!seen.TryAdd(id, true))
    {
        Console.WriteLine($"again     {id}");
    }
    else if (!data.TryGetProperty("notice", out var number))
    {
        Console.WriteLine($"told      {id} {type}");
    }
    else
    {
        // Deliveries of one order come one after the other, so looking and writing need no lock.
        var (order, notice) = ($"{data.GetProperty("machineId")}/{data.GetProperty("orderId")}", number.GetInt32());
        var isStale = notice <= newest.GetValueOrDefault(order);
        newest[order] = isStale ? newest[order] : notice;
        Console.WriteLine($"{(isStale ? "stale" : "told "),-9} {id} {type}");
    }
}

async Task<string> SubscribeAsync(string apiKey, Uri url)
{
    using var http = new HttpClient { BaseAddress = server };
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    using var answer = await http.PostAsJsonAsync("/api/webhooks", new { url, description = "the C# sample" });
    var json = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    Console.WriteLine($"subscribed as {json.GetProperty("endpoint").GetProperty("id")}");
    return json.GetProperty("secret").GetString()!;
}
