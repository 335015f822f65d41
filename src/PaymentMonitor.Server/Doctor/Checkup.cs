namespace PaymentMonitor.Server;

/// <summary>Everything that the doctor looks at, one after the other: what a server needs before it starts and while it runs.</summary>
internal sealed class Checkup(string folder, string urls, IReadOnlyDictionary<string, string> environment, TimeProvider time)
{
    internal async IAsyncEnumerable<Finding> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var finding in ConfigurationChecks.Run(environment))
        {
            yield return finding;
        }

        var folderFinding = FolderChecks.Folder(folder);
        yield return folderFinding;
        if (folderFinding.Health != Health.Ill)
        {
            yield return FolderChecks.Disk(folder);
            yield return FolderChecks.Keys(folder);
            yield return await Task.Run(() => FolderChecks.Store(folder), cancellationToken);
            yield return FolderChecks.Clock(folder, time.GetUtcNow());
        }

        yield return FolderChecks.OpenFiles();
        var running = RunningServer.Find(folder);
        yield return running is null ? NetworkChecks.Ports(urls) : await NetworkChecks.ServerAsync(running, cancellationToken);
        await foreach (var finding in NetworkChecks.ReachAsync(environment, time, cancellationToken))
        {
            yield return finding;
        }
    }
}
