using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PaymentMonitor.Domain;

namespace PaymentMonitor.Pipeline;

/// <summary>Puts the pipeline into a host: everything that is the same in Azure and embedded.</summary>
public static class PipelineSetup
{
    /// <summary>Needs the ports (as <see cref="IEventLog"/>, <see cref="IOrders"/>), a time provider, metrics and logging in the container.</summary>
    public static IServiceCollection AddPipeline(this IServiceCollection services, PipelineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(OrderOptions.Default);
        services.AddSingleton(new IntakeOptions { TracedShare = options.TracedShare });
        services.AddSingleton(new RiskDesk(options.HasRiskService));
        services.AddSingleton<OrderWorkflow>();
        services.AddSingleton<RiskRegistry>();
        services.AddSingleton<RiskReview>();
        services.AddSingleton<CouponMetrics>();
        services.AddSingleton<CouponDesk>();
        services.AddSingleton(provider => new GapWatch(
            provider.GetRequiredService<IMachineProgress>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<GapWatch>>(),
            options.IsShared));
        services.AddSingleton<EventIntake>();
        services.AddSingleton<MachineSync>();
        services.AddSingleton<MachineGateway>();
        services.AddSingleton<MachineRegistry>();
        services.AddSingleton(provider => new MachineDirectory(provider.GetRequiredService<IMachineStore>(), provider.GetRequiredService<TimeProvider>())
        {
            Demo = options.DemoCredentials ? new DemoMachines(provider.GetRequiredService<TimeProvider>()) : null,
        });
        services.AddSingleton<DecisionPush>();
        services.AddSingleton<DeadLetterCounter>();
        services.AddSingleton<DeadLetterReplay>();
        services.AddSingleton<OrderResolution>();
        return services;
    }
}

/// <summary>What a host decides about its pipeline.</summary>
public sealed record PipelineOptions
{
    /// <summary>Several instances work on the same stores.</summary>
    public bool IsShared { get; init; }

    /// <summary>A risk service is asked before a shipment is allowed.</summary>
    public bool HasRiskService { get; init; }

    /// <inheritdoc cref="IntakeOptions.TracedShare"/>
    public double TracedShare { get; init; } = 1;

    /// <summary>Any machine is let in with a well-known secret.</summary>
    public bool DemoCredentials { get; init; }
}
