using System.Text.RegularExpressions;

namespace PaymentMonitor.Functions.Tests;

/// <summary>The solution builds everything but the Functions project, whose toolchain few machines have; its configuration Azure adds that.</summary>
public sealed partial class SolutionTests
{
    private static readonly string Solution = RepositoryFile.Text("PaymentMonitor.sln");

    [Fact]
    public void There_are_three_configurations()
    {
        var section = Solution[Solution.IndexOf("SolutionConfigurationPlatforms", StringComparison.Ordinal)..];

        var configurations = section[..section.IndexOf("EndGlobalSection", StringComparison.Ordinal)].Split('\n').Skip(1).Select(line => line.Split('=')[0].Trim()).Where(name => name.Length > 0);

        Assert.Equal(["Azure|Any CPU", "Debug|Any CPU", "Release|Any CPU"], configurations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_is_built_in_each_of_them_but_the_Functions_project_in_Azure_only()
    {
        foreach (Match project in Project().Matches(Solution))
        {
            var (name, id) = (project.Groups["name"].Value, project.Groups["id"].Value);
            string[] expected = name == "PaymentMonitor.Functions"
                ? ["Azure = Release"]
                : ["Azure = Release", "Debug = Debug", "Release = Release"];
            var built = Regex.Matches(Solution, $@"{{{id}}}\.(\w+)\|Any CPU\.Build\.0 = (\w+)\|").Select(match => $"{match.Groups[1].Value} = {match.Groups[2].Value}");

            Assert.True(expected.SequenceEqual(built.Order(StringComparer.Ordinal)), $"{name} is built in: {string.Join(", ", built)}");
        }
    }

    [GeneratedRegex("= \"(?<name>[^\"]+)\", \"[^\"]+\\.csproj\", \"{(?<id>[^}]+)}\"")]
    private static partial Regex Project();
}
