using System.CommandLine;
using PaymentMonitor.Server;

var root = new RootCommand("Live monitoring of payments at unattended machines: events in, decisions out, nothing lost, nothing decided twice. Exit codes: 0 done; 1 it failed or the verdict is bad; 2 the command line is wrong; 3 it could not start.")
{
    DemoCommand.Create(),
    ServeCommand.Create(),
    SimulateCommand.Create(),
    ProviderCommand.Create(),
    MachinesCommand.Create(),
    OrdersCommand.Create(),
    DeadLettersCommand.Create(),
    RiskCommand.Create(),
    KeysCommand.Create(),
    WebhooksCommand.Create(),
    ReplayCommand.Create(),
    ExportCommand.Create(),
    ReconcileCommand.Create(),
    QueryCommand.Create(),
    StatusCommand.Create(),
    DoctorCommand.Create(),
}.WithExamples("""
    paymentmonitor demo                                    server, 2,000 machines and a provider, for 30 seconds
    paymentmonitor serve --demo-credentials                a server to try a machine of your own against
    paymentmonitor machines add m-17 --channels qr,cash    registers a machine and shows its secret
    paymentmonitor replay history.jsonl                    what the rules make of a recorded history
    paymentmonitor status                                  how the server and its fleet are doing
    paymentmonitor doctor                                  what is wrong here, and what to do about it
    """);
Examples.ShowIn(root);

return await CommandLine.RunAsync(root, args);
