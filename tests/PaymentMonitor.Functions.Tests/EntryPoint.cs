using Xunit.MicrosoftTestingPlatform;

namespace PaymentMonitor.Functions.Tests;

/// <summary>What xunit would generate, under a name: the project compiles the app's own entry point as well.</summary>
internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
}
