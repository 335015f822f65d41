using System.CommandLine;

namespace PaymentMonitor.Server;

/// <summary><c>paymentmonitor keys</c>: who may call the HTTP API of a server on this data folder. A running server sees changes.</summary>
internal static class KeysCommand
{
    internal static Command Create()
    {
        return new Command("keys", "The API keys of a data folder.")
        {
            Add(),
            List(),
            Remove(),
        }.WithExamples("""
            paymentmonitor keys add dashboard --role reader
            paymentmonitor keys list
            """);
    }

    private static Command Add()
    {
        var name = Name();
        var role = new Option<string>("--role") { Description = $"One of {string.Join(", ", Roles.All)}.", Required = true };
        role.AcceptOnlyFromAmong(Roles.All);
        var data = DataFolder.Option();
        var command = new Command("add", "Makes a key and shows it, once.") { name, role, data };
        command.SetAction(parsed =>
        {
            var keys = ApiKeyFile.Open(parsed.GetRequiredValue(data), TimeProvider.System);
            if (keys.Keys.Any(key => key.Name == parsed.GetRequiredValue(name)))
            {
                Console.Error.WriteLine($"error: name-taken: There is a key named '{parsed.GetValue(name)}' already; remove it first.");
                return CommandLine.Failed;
            }

            Console.WriteLine(keys.Add(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role)));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command List()
    {
        var data = DataFolder.Option();
        var command = new Command("list", "Lists the keys: name, role, when they were made.") { data };
        command.SetAction(parsed =>
        {
            foreach (var key in ApiKeyFile.Open(parsed.GetRequiredValue(data), TimeProvider.System).Keys)
            {
                Console.WriteLine($"{key.Name,-24} {key.Role,-12} {key.CreatedAt:u}");
            }
        });
        return command;
    }

    private static Command Remove()
    {
        var name = Name();
        var data = DataFolder.Option();
        var command = new Command("remove", "Ends a key.") { name, data };
        command.SetAction(parsed =>
        {
            if (ApiKeyFile.Open(parsed.GetRequiredValue(data), TimeProvider.System).Remove(parsed.GetRequiredValue(name)))
            {
                return CommandLine.Done;
            }

            Console.Error.WriteLine($"error: unknown-key: There is no key named '{parsed.GetValue(name)}'.");
            return CommandLine.Failed;
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "Whose key it is." };
}
