using System.Runtime.InteropServices;

namespace PaymentMonitor.Server;

/// <summary>The first Ctrl-C ends the sending and leads to the verdict so far; a second one ends the program.</summary>
internal sealed class EarlyEnd : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    internal EarlyEnd()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    }

    internal CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void End(PosixSignalContext context)
    {
        if (!_source.IsCancellationRequested)
        {
            context.Cancel = true;
            Console.Error.WriteLine("Ending early; once more to leave without a verdict.");
            _source.Cancel();
        }
    }
}
