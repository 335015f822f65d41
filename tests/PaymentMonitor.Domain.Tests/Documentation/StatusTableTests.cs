using System.Text;
using PaymentMonitor.Contracts;
using static PaymentMonitor.Domain.Tests.Scenario;

namespace PaymentMonitor.Domain.Tests.Documentation;

/// <summary>The table of the documentation comes from the rules: run with UPDATE_DOCS=1 to write it anew.</summary>
public sealed class StatusTableTests
{
    private const string Begin = "<!-- table: begin -->";
    private const string End = "<!-- table: end -->";

    private static readonly (string Name, EventSource Source, OrderEvent Body)[] Events =
    [
        ("`order.created`, same terms", EventSource.Machine, Qr()),
        ("`order.created`, other terms", EventSource.Machine, Qr(301)),
        ("`order.cancelled`", EventSource.Machine, Cancel),
        ("`payment.started`", EventSource.Machine, new OrderEvent.PaymentStarted()),
        ("`payment.failed`", EventSource.Machine, new OrderEvent.PaymentFailed("declined")),
        ("`payment.succeeded`, another, in full", EventSource.Provider, Paid("p2")),
        ("`payment.succeeded`, another, short", EventSource.Provider, Paid("p2", 299)),
        ("`payment.succeeded`, a machine's claim", EventSource.Machine, Paid("p2")),
        ("`payment.checked`, unpaid", EventSource.Provider, Unpaid),
        ("`shipment.completed`", EventSource.Machine, Out),
        ("`shipment.failed`", EventSource.Machine, Jam),
        ("`refund.completed`", EventSource.Provider, Refunded()),
        ("`refund.failed`", EventSource.Provider, RefundFailed()),
        ("`order.asked-late`", EventSource.System, new OrderEvent.AskedLate(OrderEvent.AskedLate.Provider)),
        ("`order.assessed`, approve", EventSource.System, Assess("approve")),
        ("`order.assessed`, deny", EventSource.System, Assess("deny")),
        ("`order.timed-out`, shipment", EventSource.System, new OrderEvent.TimedOut("shipment")),
        ("`order.timed-out`, refund", EventSource.System, new OrderEvent.TimedOut("refund")),
        ("`order.timed-out`, provider", EventSource.System, new OrderEvent.TimedOut("provider")),
        ("`order.due`", EventSource.System, new OrderEvent.Due()),
        ("`order.resolved`, closed", EventSource.System, Resolve("closed")),
    ];

    [Fact]
    public void The_table_in_the_documentation_is_what_the_rules_do()
    {
        var path = Path.Combine(Root(), "docs", "order-rules.md");
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = Table();

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(path, text[..from] + "\n" + table + text[to..]);
        else
            Assert.Equal(table, text[(from + 1)..to]);
    }

    [Fact]
    public void Each_status_has_an_example()
    {
        foreach (var status in Enum.GetValues<OrderStatus>())
            Assert.Equal(status, Example(status).Status);
    }

    private static string Table()
    {
        var statuses = Enum.GetValues<OrderStatus>();
        var table = new StringBuilder();
        table.Append("| event | ").AppendJoin(" | ", statuses).Append(" |\n");
        table.Append('|').Insert(table.Length, "---|", statuses.Length + 1).Append('\n');
        foreach (var (name, source, body) in Events)
            table.Append("| ").Append(name).Append(" | ").AppendJoin(" | ", statuses.Select(s => Cell(s, source, body))).Append(" |\n");

        return table.ToString();
    }

    private static string Cell(OrderStatus status, EventSource source, OrderEvent body)
    {
        var order = Example(status);
        var decided = order.Decisions.Length;
        var acceptance = order.Report(source, (order.Order.Clock - Start).TotalSeconds + 0.001, body);
        if (acceptance is Acceptance.SetAside aside)
            return $"*{aside.Reason}*";

        if (acceptance is Acceptance.Ignored)
            return "*repeat*";

        var news = order.Decisions.Skip(decided).Select(d => $"`{d.Split('(')[0]}`");
        var parts = (order.Status == status ? [] : new[] { $"**{order.Status}**" }).Concat(news).ToArray();
        return parts.Length == 0 ? "–" : string.Join("<br>", parts);
    }

    private static Scenario Example(OrderStatus status)
    {
        var order = new Scenario
        {
            Verdict = status switch
            {
                OrderStatus.Paid => null,
                OrderStatus.RefundDue or OrderStatus.Refunded => OrderEvent.Assessed.Deny,
                _ => OrderEvent.Assessed.Approve,
            },
        };
        order.Says(0, Qr());
        switch (status)
        {
            case OrderStatus.Created:
                break;
            case OrderStatus.Paying:
                order.Says(5, new OrderEvent.PaymentStarted());
                break;
            case OrderStatus.Closed:
                order.Says(5, Cancel);
                order.RunTo(10);
                break;
            default:
                order.Provider(10, Paid());
                Continue(order, status);
                break;
        }

        return order;
    }

    private static void Continue(Scenario order, OrderStatus status)
    {
        switch (status)
        {
            case OrderStatus.RefundDue:
                order.RunTo(15);
                break;
            case OrderStatus.Completed:
                order.Says(20, Out);
                break;
            case OrderStatus.Refunded:
                order.RunTo(15);
                order.Provider(20, Refunded());
                break;
            case OrderStatus.Unresolved:
                order.RunTo(130);
                break;
            default:
                break;
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PaymentMonitor.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");

        return folder.FullName;
    }
}
