using System.CommandLine;
using System.Globalization;
using PaymentMonitor.Simulator;

namespace PaymentMonitor.Server;

/// <summary>What <c>demo</c> and <c>simulate</c> have in common: how large, how fast, how long, and where the report goes.</summary>
internal sealed class FleetArguments
{
    private readonly Option<int> _machines = new("--machines") { Description = "Machines, 1 to 15,000.", DefaultValueFactory = _ => 2_000, HelpName = "N" };
    private readonly Option<double> _rate = new("--rate") { Description = "Reported events a second, over all machines.", DefaultValueFactory = _ => 2_000, HelpName = "N" };
    private readonly Option<double> _seconds = new("--seconds") { Description = "How long events are reported, 1 to 86,400.", DefaultValueFactory = _ => 30, HelpName = "N" };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same orders.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<string?> _faults = new("--faults") { Description = $"What goes wrong on the way: {FleetFaults.Rule}.", HelpName = "FAULTS" };
    private readonly Option<FleetJournalKind> _journal = new("--journal")
    {
        Description = "Where the machines keep their events: 'disk', a shared journal in a temporary folder, flushed before each event is sent; or 'memory', for latencies without the machines' disk, which here is the server's too.",
        DefaultValueFactory = _ => FleetJournalKind.Disk,
        HelpName = "disk|memory",
    };

    private readonly Option<FileInfo?> _json = new("--json") { Description = "Writes the report to this file.", HelpName = "FILE" };

    internal FleetArguments()
    {
        Within(_machines, 1, 15_000);
        Within(_rate, 0.1, 1_000_000);
        Within(_seconds, 1, 86_400);
        _faults.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !FleetFaults.TryParse(token.Value, out _))
            {
                result.AddError($"--faults must be {FleetFaults.Rule}.");
            }
        });
    }

    internal void AddTo(Command command)
    {
        command.Options.Add(_machines);
        command.Options.Add(_rate);
        command.Options.Add(_seconds);
        command.Options.Add(_seed);
        command.Options.Add(_faults);
        command.Options.Add(_journal);
        command.Options.Add(_json);
    }

    internal FileInfo? Json(ParseResult parsed) => parsed.GetValue(_json);

    internal int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    internal FleetOptions Apply(ParseResult parsed, FleetOptions options)
    {
        return parsed.GetValue(_faults) is { } text && FleetFaults.TryParse(text, out var faults)
            ? Sized(parsed, options) with { Faults = faults, SettleTimeout = TimeSpan.FromMinutes(2) }
            : Sized(parsed, options);
    }

    private FleetOptions Sized(ParseResult parsed, FleetOptions options) => options with
    {
        Machines = parsed.GetValue(_machines),
        EventsPerSecond = parsed.GetValue(_rate),
        Duration = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
        Seed = parsed.GetValue(_seed),
        Journal = parsed.GetValue(_journal),
    };

    private static void Within<T>(Option<T> option, T min, T max) where T : IComparable<T>, IParsable<T>
    {
        option.Validators.Add(result =>
        {
            // What is no number at all is refused without our help, and the result must not be asked for it.
            if (result.Tokens is [var token] && T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && (value.CompareTo(min) < 0 || value.CompareTo(max) > 0))
            {
                result.AddError(FormattableString.Invariant($"{option.Name} must be {min} to {max}."));
            }
        });
    }
}
