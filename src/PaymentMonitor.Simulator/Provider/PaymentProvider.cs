using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>A payment provider as a web application: customers pay, merchants ask and refund, and callbacks tell the merchant.</summary>
public static class PaymentProvider
{
    /// <summary>The application, not yet started.</summary>
    /// <exception cref="ArgumentException">An option breaks its rule, which the message gives.</exception>
    public static WebApplication Build(ProviderOptions options, TimeProvider? time = null, Action<ILoggingBuilder>? logging = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        // As it is started in any folder, that one is neither searched for settings nor watched.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.WebHost.UseUrls(options.Urls);
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProviderJson.Default));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(provider => new CallbackQueue(
            options, NewHttp(options), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CallbackQueue>>()));
        builder.Services.AddSingleton<PaymentBook>();
        builder.Services.AddHostedService<CallbackDelivery>();
        var app = builder.Build();
        Map(app, options);
        return app;
    }

    private static HttpMessageInvoker NewHttp(ProviderOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = options.Concurrency,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    private static void Map(WebApplication app, ProviderOptions options)
    {
        app.MapGet("/healthz", () => Results.Text("healthy"));
        app.MapPost("/payments", (PaymentRequest request, PaymentBook book) => Refusal(request) is { } refusal
            ? Results.Problem(refusal, statusCode: 400)
            : book.Pay(request) is { } started ? Results.Json(started, ProviderJson.Default.PaymentStarted, statusCode: 202)
            : Results.Problem("The payment is closed.", statusCode: 409));
        app.MapGet("/callbacks", (CallbackQueue callbacks) => Results.Json(callbacks.Status(), ProviderJson.Default.CallbackStatus));

        // What merchants may do, with their key.
        var merchant = app.MapGroup("").AddEndpointFilter((context, next) => IsMerchant(context.HttpContext, options) ? next(context) : NoMerchant());
        merchant.MapPut("/callback", (CallbackAddress callback, CallbackQueue callbacks) =>
        {
            callbacks.Address = callback.Address;
            return Results.NoContent();
        });
        merchant.MapGet("/statement.csv", (PaymentBook book) => Results.Text(StatementCsv.Write(book.Statement()), "text/csv"));

        var asked = merchant.MapGroup("").AddEndpointFilter(new MerchantFaults(options, app.Services.GetRequiredService<TimeProvider>()));
        asked.MapGet("/payments/{paymentRef}", (string paymentRef, PaymentBook book) => Results.Json(book.Answer(paymentRef), ProviderJson.Default.PaymentAnswer));
        asked.MapPost("/payments/{paymentRef}/close", (string paymentRef, PaymentBook book) => Results.Json(book.Close(paymentRef), ProviderJson.Default.PaymentAnswer));
        asked.MapPost("/refunds", Refund);
    }

    private static IResult Refund(RefundRequest request, [FromHeader(Name = "Idempotency-Key")] string? key, PaymentBook book)
    {
        if (key != request.RefundId)
        {
            return Problem("wrong-key", "The header Idempotency-Key must be the refund's id.", StatusCodes.Status400BadRequest);
        }

        return book.Refund(request) switch
        {
            ({ } refund, _) => Results.Json(refund, ProviderJson.Default.RefundAnswer),
            (_, var refusal) => Problem(refusal!, "The payment cannot be refunded like this.", StatusCodes.Status422UnprocessableEntity),
        };
    }

    private static bool IsMerchant(HttpContext context, ProviderOptions options)
    {
        return options.ApiKey is not { } key || context.Request.Headers.Authorization.ToString() == "Bearer " + key;
    }

    private static ValueTask<object?> NoMerchant() => ValueTask.FromResult<object?>(Problem("no-key", "Merchants send their key in 'Authorization: Bearer'.", StatusCodes.Status401Unauthorized));

    private static IResult Problem(string name, string detail, int status) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["name"] = name });

    private static string? Refusal(PaymentRequest request)
    {
        return !PaymentReference.TryParse(request.PaymentRef, out _) ? $"paymentRef must be {PaymentReference.Rule}."
            : !Currency.TryParse(request.Currency, out _) ? $"currency must be {Currency.Rule}."
            : request.Amount is <= 0 or > OrderEvent.MaxAmount ? $"amount must be 1 to {OrderEvent.MaxAmount} minor units."
            : request.Behaviour is null or "fail" or "crossing" ? null : "behaviour must be absent, 'fail' or 'crossing'.";
    }

    private sealed class CallbackDelivery(CallbackQueue callbacks) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => callbacks.RunAsync(stoppingToken);
    }
}
