using PaymentMonitor.Machine;

namespace PaymentMonitor.Simulator;

/// <summary>The journal that all machines of a fleet share, in a folder of its own or in one that is deleted afterwards.</summary>
internal sealed class FleetJournal : IDisposable
{
    /// <summary>Half an hour of a large fleet without a back end.</summary>
    private const long MaxBytes = 2L * 1024 * 1024 * 1024;

    private readonly string? _temporary;

    private FleetJournal(MachineJournal journal, string? temporary)
    {
        Journal = journal;
        _temporary = temporary;
    }

    internal MachineJournal Journal { get; }

    internal static FleetJournal Open(FleetOptions options)
    {
        if (options.Journal is FleetJournalKind.Memory)
        {
            return new FleetJournal(MachineJournal.InMemory(MaxBytes), null);
        }

        var temporary = Directory.CreateTempSubdirectory("paymentmonitor-fleet-").FullName;
        try
        {
            return new FleetJournal(MachineJournal.Open(new JournalOptions { Folder = temporary, MaxBytes = MaxBytes }), temporary);
        }
        catch (JournalException e)
        {
            Directory.Delete(temporary, recursive: true);
            throw new FleetException(e.Message, e);
        }
    }

    public void Dispose()
    {
        Journal.Dispose();
        if (_temporary is not null)
        {
            Directory.Delete(_temporary, recursive: true);
        }
    }
}
