using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using PaymentMonitor.Azure;

namespace PaymentMonitor.Functions.Tests;

/// <summary>What the code names exists where it is looked for: in the sample settings, in host.json and in the infrastructure.</summary>
public sealed class ConsistencyTests
{
    private static readonly JsonElement Settings = RepositoryFile.Json("local.settings.sample.json").GetProperty("Values");

    private static readonly JsonElement DurableTask = RepositoryFile.Json("host.json").GetProperty("extensions").GetProperty("durableTask");

    public static TheoryData<string> ConnectionNames => [Connections.Cosmos, Connections.EventHubs, Connections.Storage, Connections.WebPubSub];

    [Theory]
    [MemberData(nameof(ConnectionNames))]
    public void A_connection_is_a_connection_string_locally_and_an_endpoint_in_Azure(string connection)
    {
        Assert.True(Settings.TryGetProperty(connection, out _));
        Assert.Contains(DeployedSettings(), setting => setting.StartsWith(connection + "__", StringComparison.Ordinal));
    }

    public static TheoryData<string> SettingsRead =>
        [.. new[] { typeof(AppSettings), typeof(AlertSettings) }.SelectMany(type => type.GetFields(BindingFlags.NonPublic | BindingFlags.Static)).Where(constant => constant.IsLiteral).Select(constant => (string)constant.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(SettingsRead))]
    public void A_setting_that_the_app_reads_is_deployed_or_is_for_emulators_only(string setting)
    {
        if (setting == AppSettings.LocalKey)
        {
            Assert.True(Settings.TryGetProperty(setting, out _));
            Assert.DoesNotContain(setting, DeployedSettings());
        }
        else
        {
            Assert.Contains(setting.Replace(":", "__", StringComparison.Ordinal), DeployedSettings());
        }
    }

    [Fact]
    public void The_sample_settings_are_complete_for_a_run_with_emulators()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(Settings.EnumerateObject().Select(setting => KeyValuePair.Create(setting.Name, setting.Value.GetString())))
            .Build();

        var read = AppSettings.Read(settings);

        Assert.All([read.Cosmos, read.EventHubs, read.Storage, read.WebPubSub], connection => Assert.False(connection.IsEndpoint));
        Assert.Null(read.Entra);
    }

    [Fact]
    public void Everything_that_is_missing_is_named_at_once()
    {
        var error = Assert.Throws<InvalidOperationException>(() => AppSettings.Read(new ConfigurationBuilder().Build()));

        Assert.All(["Cosmos__accountEndpoint", "EventHubs__fullyQualifiedNamespace", "Storage__blobServiceUri", "WebPubSub__endpoint", "Entra__authority", "Entra__clientId"], name => Assert.Contains($"'{name}'", error.Message));
    }

    [Fact]
    public void A_key_for_emulators_is_refused_where_Web_PubSub_is_the_real_one()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(
            [new("LocalOperatorKey", "k"), new("WebPubSub:endpoint", "https://x.webpubsub.azure.com"), new("Cosmos", "c"), new("EventHubs", "e"), new("Storage", "s")]).Build();

        Assert.Contains("'LocalOperatorKey' is for emulators", Assert.Throws<InvalidOperationException>(() => AppSettings.Read(settings)).Message);
    }

    [Theory]
    [InlineData("http://risk.example.com", true)]
    [InlineData("risk.example.com", true)]
    [InlineData("https://risk.example.com/verdicts", false)]
    [InlineData("", false)]
    public void The_risk_service_has_an_https_address_or_none(string address, bool isWrong)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(
            [new("LocalOperatorKey", "k"), new("WebPubSub", "w"), new("Cosmos", "c"), new("EventHubs", "e"), new("Storage", "s"), new("Risk:address", address), new("Risk:apiKey", "key")]).Build();

        if (isWrong)
        {
            Assert.Contains("'Risk__address' must be", Assert.Throws<InvalidOperationException>(() => AppSettings.Read(settings)).Message);
        }
        else
        {
            Assert.Equal(address.Length > 0 ? new Uri(address) : null, AppSettings.Read(settings).RiskService?.Address);
        }
    }

    [Fact]
    public void The_address_that_Web_PubSub_calls_is_that_of_the_function()
    {
        var route = Parameters().Single(parameter => parameter.Member.DeclaringType == typeof(WebPubSubUpstream) && parameter.IsDefined(typeof(HttpTriggerAttribute)))
            .GetCustomAttribute<HttpTriggerAttribute>()!.Route;

        Assert.Equal("", RepositoryFile.Json("host.json").GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Contains($"/{route}'", RepositoryFile.Text("infra/eventHandler.bicep"));
    }

    [Fact]
    public void The_action_group_posts_alerts_where_the_function_takes_them()
    {
        Assert.Contains($"/{PostAlert.Route}?key=", RepositoryFile.Text("infra/modules/alerts.bicep"));
    }

    [Fact]
    public void A_trigger_listens_to_a_hub_and_a_consumer_group_that_are_deployed()
    {
        var triggers = Parameters().Select(parameter => parameter.GetCustomAttribute<EventHubTriggerAttribute>()).OfType<EventHubTriggerAttribute>().ToList();

        Assert.NotEmpty(triggers);
        foreach (var trigger in triggers)
        {
            Assert.Contains(Names("Microsoft.EventHub/namespaces/eventhubs"), name => name.Contains($"'{trigger.EventHubName}'", StringComparison.Ordinal));
            Assert.Contains(
                Names("Microsoft.EventHub/namespaces/eventhubs/consumergroups"),
                name => name.EndsWith($"'{trigger.EventHubName}', '{trigger.ConsumerGroup}')]", StringComparison.Ordinal));
            Assert.True(Settings.TryGetProperty(trigger.Connection!, out _));
        }
    }

    [Fact]
    public void A_trigger_of_the_change_feed_has_a_place_of_its_own_in_the_leases_of_a_container_that_is_deployed()
    {
        var triggers = Parameters().Select(parameter => (parameter.Member, Trigger: parameter.GetCustomAttribute<CosmosDBTriggerAttribute>()!)).Where(found => found.Trigger is not null).ToList();

        Assert.NotEmpty(triggers);
        foreach (var (member, trigger) in triggers)
        {
            Assert.Equal((CosmosDatabase.Name, Connections.Cosmos), (trigger.DatabaseName, trigger.Connection));
            Assert.Contains(trigger.ContainerName, CosmosDatabase.PartitionKeys.Keys);
            Assert.Contains(trigger.LeaseContainerName!, CosmosDatabase.PartitionKeys.Keys);
            Assert.Equal(member.DeclaringType!.Name, trigger.LeaseContainerPrefix);
            Assert.True(member.IsDefined(typeof(RetryAttribute)), $"{member.DeclaringType.Name}: the feed moves past a function that gives up.");
        }
    }

    [Fact]
    public void A_trigger_of_a_queue_has_its_queue()
    {
        var triggers = Parameters().Select(parameter => parameter.GetCustomAttribute<QueueTriggerAttribute>()).OfType<QueueTriggerAttribute>().ToList();

        Assert.NotEmpty(triggers);
        var deployed = Assert.Single(Bicep.Resources("Microsoft.Storage/storageAccounts/queueServices/queues")).Resource.GetProperty("copy").GetRawText()
            + string.Join(' ', Names("Microsoft.Storage/storageAccounts/queueServices/queues"));
        Assert.All(triggers, trigger => Assert.Contains($"'{trigger.QueueName}'", deployed));
        Assert.All(triggers, trigger => Assert.Equal(Connections.Storage, trigger.Connection));
    }

    [Fact]
    public void The_functions_that_are_kept_warm_exist()
    {
        var (app, _) = Assert.Single(Bicep.Resources("Microsoft.Web/sites"));
        var warm = app.GetProperty("properties").GetProperty("functionAppConfig").GetProperty("scaleAndConcurrency").GetProperty("alwaysReady")
            .EnumerateArray().Select(ready => ready.GetProperty("name").GetString()!).Where(name => name.StartsWith("function:", StringComparison.Ordinal));

        Assert.All(warm, name => Assert.Contains(name["function:".Length..], Functions().Select(function => function.Name)));
    }

    [Fact]
    public void The_containers_are_those_of_the_code_with_their_partition_keys()
    {
        var (_, cosmos) = Assert.Single(Bicep.Resources("Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"));
        var variables = cosmos.GetProperty("variables");
        var deployed = variables.GetProperty("containers").EnumerateArray()
            .ToDictionary(container => container.GetProperty("name").GetString()!, container => container.GetProperty("partitionKey").GetString()!);

        Assert.Equal(CosmosDatabase.PartitionKeys.OrderBy(container => container.Key), deployed.OrderBy(container => container.Key));
        Assert.Equal(CosmosDatabase.Name, variables.GetProperty("databaseName").GetString());
    }

    [Fact]
    public void Dead_letters_and_the_archive_have_their_containers()
    {
        var deployed = Assert.Single(Names("Microsoft.Storage/storageAccounts/blobServices/containers"));
        Assert.All([BlobDeadLetters.Container, BlobArchive.Container], container => Assert.Contains($"'{container}'", deployed));
    }

    [Fact]
    public void The_entities_live_in_the_task_hub_that_is_deployed_and_reach_it_by_a_setting()
    {
        var connection = DurableTask.GetProperty("storageProvider").GetProperty("connectionStringName").GetString()!;
        var hub = DurableTask.GetProperty("hubName").GetString()!;

        Assert.Contains($"'{hub}'", Assert.Single(Names("Microsoft.DurableTask/schedulers/taskHubs")));
        Assert.Contains(connection, DeployedSettings());
        Assert.Contains($"TaskHub={hub};", Settings.GetProperty(connection).GetString());
    }

    [Fact]
    public void The_class_that_names_the_hub_has_the_name_that_machines_connect_to()
    {
        Assert.Equal("machines", typeof(machines).Name);
    }

    [Fact]
    public void Every_function_is_called_like_its_class()
    {
        Assert.All(Methods(), method => Assert.Equal(method.DeclaringType!.Name, method.GetCustomAttribute<FunctionAttribute>()!.Name));
    }

    private static IEnumerable<FunctionAttribute> Functions() => Methods().Select(method => method.GetCustomAttribute<FunctionAttribute>()!);

    private static IEnumerable<ParameterInfo> Parameters() => Methods().SelectMany(method => method.GetParameters());

    private static IEnumerable<MethodInfo> Methods()
    {
        return typeof(Ingest).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Where(method => method.IsDefined(typeof(FunctionAttribute)));
    }

    private static IEnumerable<string> Names(string type) => Bicep.Resources(type).Select(found => found.Resource.GetProperty("name").GetString()!);

    private static IReadOnlyList<string> DeployedSettings()
    {
        var (app, _) = Assert.Single(Bicep.Resources("Microsoft.Resources/deployments"), found => found.Resource.GetProperty("name").GetString() == "app");
        return [.. app.GetProperty("properties").GetProperty("parameters").GetProperty("settings").GetProperty("value").EnumerateObject().Select(setting => setting.Name)];
    }
}
