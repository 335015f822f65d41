namespace PaymentMonitor.Functions.Tests;

public sealed class InfrastructureTests
{
    [Theory]
    [InlineData("build", "infra/main.bicep", "--stdout")]
    [InlineData("lint", "infra/main.bicep")]
    [InlineData("build", "infra/eventHandler.bicep", "--stdout")]
    [InlineData("lint", "infra/eventHandler.bicep")]
    public void The_infrastructure_compiles_and_is_linted_without_a_warning(string command, string file, params string[] options)
    {
        var (exitCode, _, complaints) = Bicep.Run(command, file, options);

        Assert.Equal("", complaints);
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("Microsoft.DocumentDB/databaseAccounts", "disableLocalAuth", true)]
    [InlineData("Microsoft.EventHub/namespaces", "disableLocalAuth", true)]
    [InlineData("Microsoft.Insights/components", "DisableLocalAuth", true)]
    [InlineData("Microsoft.SignalRService/webPubSub", "disableLocalAuth", true)]
    [InlineData("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", false)]
    public void Nothing_can_be_used_with_a_key(string type, string property, bool value)
    {
        var (resource, _) = Assert.Single(Bicep.Resources(type));

        Assert.Equal(value, resource.GetProperty("properties").GetProperty(property).GetBoolean());
    }

    [Fact]
    public void Rights_are_given_on_the_resource_that_they_are_for()
    {
        var grants = Bicep.Resources("Microsoft.Authorization/roleAssignments").ToList();

        Assert.NotEmpty(grants);
        Assert.All(grants, grant => Assert.True(grant.Resource.TryGetProperty("scope", out _)));
    }
}
