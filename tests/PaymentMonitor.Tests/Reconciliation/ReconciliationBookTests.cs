using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using PaymentMonitor.Contracts;
using PaymentMonitor.Server;

namespace PaymentMonitor.Tests;

/// <summary>What is kept of the newest reconciliation until somebody has seen to it.</summary>
public sealed class ReconciliationBookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paymentmonitor-tests-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_report_takes_the_place_of_the_one_before()
    {
        var book = Open();

        book.Keep(Report(Missing("p-1"), Missing("p-2")), "nightly");
        book.Keep(Report(Missing("p-3")), "nightly");

        Assert.Equal(["p-3"], book.Newest!.Differences.Select(difference => difference.PaymentId.Value));
        Assert.Equal((1, "nightly"), (book.Newest.Open, book.Newest.By));
    }

    [Fact]
    public void What_was_settled_stays_settled_when_it_is_found_again_and_after_a_restart()
    {
        var book = Open();
        book.Keep(Report(Missing("p-1"), Missing("p-2")), "nightly");

        Assert.Equal("ann", book.Settle(DifferenceKinds.RefundMissing, PaymentId.Parse("p-1"), "ann", "Refunded by hand.")!.Settled!.By);
        Assert.Null(book.Settle(DifferenceKinds.PaidTwice, PaymentId.Parse("p-1"), "ann", "Another kind."));

        book = Open();
        Assert.Equal(1, book.Newest!.Open);
        book.Keep(Report(Missing("p-1"), Missing("p-2"), Missing("p-3")), "nightly");
        Assert.Equal(2, book.Newest!.Open);
        Assert.Equal("Refunded by hand.", book.Newest.Differences[0].Settled!.Reason);
    }

    [Fact]
    public void Very_many_differences_are_counted_beyond_those_that_are_kept()
    {
        var book = Open();

        book.Keep(Report([.. Enumerable.Range(1, ReconciliationBook.LinesMax + 7).Select(n => Missing(string.Create(CultureInfo.InvariantCulture, $"p-{n}")))]), "nightly");

        Assert.Equal((ReconciliationBook.LinesMax, 7, ReconciliationBook.LinesMax + 7), (book.Newest!.Differences.Count, book.Newest.LeftOff, book.Newest.Open));
    }

    [Fact]
    public void A_damaged_file_is_named_with_its_remedy()
    {
        File.WriteAllText(Path.Combine(_folder, "reconciliation.json"), "{");

        Assert.Contains("delete it", Assert.Throws<StartupException>(Open).Message, StringComparison.Ordinal);
    }

    private ReconciliationBook Open() => ReconciliationBook.Open(_folder, _time);

    private static ReconciliationReport Report(params Difference[] differences) => new(differences.Length, 0, 0, differences);

    private static Difference Missing(string paymentId) => new(DifferenceKinds.RefundMissing, PaymentId.Parse(paymentId), "m-1/o-1", $"The payment {paymentId} was not refunded.");
}
