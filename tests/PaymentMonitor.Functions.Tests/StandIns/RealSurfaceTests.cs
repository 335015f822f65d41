using System.Reflection;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The stand-ins against the assemblies of the packages that they stand in for. Compiled in the configuration Azure only: see the project file.</summary>
public sealed class RealSurfaceTests
{
    private static readonly Assembly[] Packages =
    [
        Assembly.Load("Microsoft.Azure.Functions.Worker.Extensions.CosmosDB"),
        Assembly.Load("Microsoft.Azure.Functions.Worker.Extensions.EventHubs"),
        Assembly.Load("Microsoft.Azure.WebPubSub.AspNetCore"),
        Assembly.Load("Azure.Messaging.WebPubSub"),
    ];

    public static TheoryData<string> StandIns => [.. StandInSurface.TypesIn(typeof(RealSurfaceTests).Assembly).Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(StandIns))]
    public void A_stand_in_has_nothing_that_the_real_type_has_not(string name)
    {
        var standIn = typeof(RealSurfaceTests).Assembly.GetType(name, throwOnError: true)!;
        var real = Packages.Select(package => package.GetType(name)).FirstOrDefault(type => type is not null);

        Assert.Empty(StandInSurface.Differences(standIn, real));
    }
}
