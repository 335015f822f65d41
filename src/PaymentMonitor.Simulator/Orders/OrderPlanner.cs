using PaymentMonitor.Contracts;

namespace PaymentMonitor.Simulator;

/// <summary>Draws plans of orders from a seed. Times are compressed: a person takes a second, an order expires after some.</summary>
internal sealed class OrderPlanner(int seed, FleetFaults faults, TimeSpan allowedLateness, bool hasProvider)
{
    private static readonly Currency Euro = Currency.Parse("EUR");

    private static readonly (OrderCourse Course, int Weight)[] Courses =
    [
        (OrderCourse.PaidAtOnce, 66),
        (OrderCourse.FailedThenPaid, 9),
        (OrderCourse.Abandoned, 6),
        (OrderCourse.Cancelled, 5),
        (OrderCourse.PaidTwice, 4),
        (OrderCourse.PaidLate, 3),
        (OrderCourse.ShipmentFails, 5),
        (OrderCourse.Underpaid, 2),
    ];

    // The provider's channel stands first: a fleet without a provider leaves it out.
    private static readonly (Channel Channel, int Weight)[] Channels = [(OrderPlan.Qr, 60), (OrderPlan.CardTerminal, 25), (OrderPlan.Cash, 15)];

    private readonly (Channel Channel, int Weight)[] _channels = hasProvider ? Channels : Channels[1..];
    private readonly Random _random = new(seed);

    /// <param name="reference">The order's name at the provider, and the stem of the machine's own payment ids.</param>
    /// <param name="pace">How fast people are: 1 is the usual, 0 at once. It lets a fleet start in the middle of its day.</param>
    internal OrderPlan Draw(PaymentReference reference, double pace)
    {
        var course = Pick(Courses);
        var channel = Pick(_channels);
        var expiresIn = course switch
        {
            OrderCourse.PaidLate => 5,
            OrderCourse.Abandoned => _random.Next(5, 21),
            _ => _random.Next(60, 181),
        };
        var terms = new OrderEvent.Created(_random.Next(1, 100) * 10L, Euro, channel, expiresIn, channel == OrderPlan.Qr ? reference : null);
        var steps = new Steps(this, terms, reference, pace);
        steps.Follow(course, allowedLateness);
        return new OrderPlan(course, terms, steps.List, Between(0.3, 1.5) * pace, course == OrderCourse.ShipmentFails, Between(0.2, 1));
    }

    private TimeSpan Between(double minSeconds, double maxSeconds) => TimeSpan.FromSeconds(minSeconds + ((maxSeconds - minSeconds) * _random.NextDouble()));

    private T Pick<T>((T Value, int Weight)[] choices)
    {
        var roll = _random.Next(choices.Sum(choice => choice.Weight));
        foreach (var (value, weight) in choices)
        {
            roll -= weight;
            if (roll < 0)
            {
                return value;
            }
        }

        throw new InvalidOperationException("The weights changed while they were added up.");
    }

    private sealed class Steps(OrderPlanner planner, OrderEvent.Created terms, PaymentReference reference, double pace)
    {
        private readonly bool _byProvider = terms.Channel == OrderPlan.Qr;
        private int _payments;

        internal List<PlannedStep> List { get; } = [];

        internal void Follow(OrderCourse course, TimeSpan allowedLateness)
        {
            // A provider calls back about a reference only after the machine showed it, so this creation keeps its turn.
            Report(TimeSpan.Zero, terms, mayBeHeldBack: !_byProvider);
            switch (course)
            {
                case OrderCourse.Abandoned:
                    break;
                case OrderCourse.Cancelled:
                    Start();
                    Report(Soon(), new OrderEvent.Cancelled());
                    break;
                case OrderCourse.FailedThenPaid:
                    Start();
                    Fail();
                    Start();
                    Succeed(Soon(), terms.Amount);
                    break;
                case OrderCourse.PaidTwice:
                    Start();
                    Succeed(Soon(), terms.Amount);
                    Succeed(planner.Between(0.1, 2), terms.Amount);
                    break;
                case OrderCourse.PaidLate:
                    Succeed(TimeSpan.FromSeconds(terms.ExpiresInSeconds) + allowedLateness + planner.Between(1, 3), terms.Amount, "crossing");
                    break;
                case OrderCourse.Underpaid:
                    Start();
                    Succeed(Soon(), terms.Amount / 2);
                    break;
                default:
                    Start();
                    Succeed(Soon(), terms.Amount);
                    break;
            }
        }

        private TimeSpan Soon() => TimeSpan.FromMilliseconds(50) + (planner.Between(0.3, 2.5) * pace);

        private void Start() => Report(planner.Between(0.2, 1.5) * pace, new OrderEvent.PaymentStarted());

        private void Fail()
        {
            if (_byProvider)
            {
                List.Add(new PlannedStep.Pay(Soon(), terms.Amount, "fail"));
            }
            else
            {
                Report(Soon(), new OrderEvent.PaymentFailed("declined"));
            }
        }

        private void Succeed(TimeSpan after, long amount, string? behaviour = null)
        {
            if (_byProvider)
            {
                var claimed = planner._random.NextDouble() < planner.Faults.ClaimedShare ? planner.Between(0.1, 1) : (TimeSpan?)null;
                List.Add(new PlannedStep.Pay(after, amount, behaviour, claimed));
            }
            else
            {
                Report(after, new OrderEvent.PaymentSucceeded(PaymentId.Parse($"{reference}.{++_payments}"), amount, terms.Currency));
            }
        }

        private void Report(TimeSpan after, OrderEvent body, bool mayBeHeldBack = true)
        {
            var heldBack = planner._random.NextDouble() < planner.Faults.HeldBackShare ? planner.Between(0.1, 2.5) : (TimeSpan?)null;
            var repeated = planner._random.NextDouble() < planner.Faults.RepeatedShare ? planner.Between(0.3, 2) : (TimeSpan?)null;
            List.Add(new PlannedStep.Report(after, body, mayBeHeldBack ? heldBack : null, repeated));
        }
    }

    private FleetFaults Faults { get; } = faults;
}
