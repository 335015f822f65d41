using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;
using PaymentMonitor.Server.Embedded;
using PaymentMonitor.Testing;

namespace PaymentMonitor.Tests.Embedded;

public sealed class EmbeddedDeadLettersTests : DeadLettersContract, IAsyncDisposable
{
    private readonly StoreUnderTest _store = StoreUnderTest.Started();

    protected override Task<(IDeadLetters Letters, FakeTimeProvider Clock)> NewAsync() => Task.FromResult<(IDeadLetters, FakeTimeProvider)>((_store.Store.DeadLetters, _store.Time));

    [Fact]
    public async Task A_file_from_before_letters_could_be_put_back_is_read()
    {
        await _store.CloseAsync();
        using (var database = Database.Open(_store.File, writable: true))
        {
            foreach (var column in new[] { "message", "receivedAt", "replays", "replayedAt", "replayedBy" })
            {
                database.Execute($"ALTER TABLE dead_letters DROP COLUMN {column}");
            }

            database.Execute("INSERT INTO dead_letters(time, reason, position, machineId, source, event) VALUES(1, 'poison', 3, 'm-1', 0, x'7b7d')");
        }

        _store.Open();
        _store.Store.Start();

        var letter = Assert.Single((await _store.Store.DeadLetters.ListAsync(new DeadLetterQuery(), TestContext.Current.CancellationToken)).Letters).Letter;
        Assert.Equal(("3", "poison", 0, MachineId.Parse("m-1")), (letter.Position, letter.Reason, letter.Replays, letter.MachineId));
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
