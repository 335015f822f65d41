using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace PaymentMonitor.Server;

/// <summary>Examples at the foot of a command's help, where people look for them.</summary>
internal static class Examples
{
    private static readonly ConditionalWeakTable<Command, string> Known = [];

    internal static T WithExamples<T>(this T command, string examples) where T : Command
    {
        Known.Add(command, examples);
        return command;
    }

    /// <summary>Has the help of every command below the root show its examples.</summary>
    internal static void ShowIn(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            if (Known.TryGetValue(parseResult.CommandResult.Command, out var examples))
            {
                var output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (var line in examples.Split('\n'))
                {
                    output.WriteLine($"  {line}");
                }
            }

            return CommandLine.Done;
        }
    }
}
