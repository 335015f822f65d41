// What a message of the feed says, in the terms of this page, and the one sentence that it comes down to.

const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
const statusNames = { created: "Created", paying: "Paying", paid: "Paid", shipmentAllowed: "ShipmentAllowed", refundDue: "RefundDue", unresolved: "Unresolved", completed: "Completed", closed: "Closed", refunded: "Refunded" };

/** A message of the feed; its fields are described in docs/operations-feed.md. */
export function read(message) {
  const { server, activity, latencyMs, orders, attention, queue, machines } = message;
  const perSecond = (n) => n / (activity.seconds || 1);
  return {
    time: Date.parse(message.time),
    version: server.version,
    uptime: server.uptimeSeconds,
    isHealthy: server.health === "healthy",
    events: perSecond(activity.events),
    receipts: perSecond(activity.receipts),
    decisions: perSecond(sum(activity.decisions)),
    receipt: latencyMs.receipt.count > 0 ? latencyMs.receipt : null,
    decision: latencyMs.decision.count > 0 ? latencyMs.decision : null,
    orders: Object.fromEntries(Object.entries({ ...orders.open, ...orders.ended }).map(([name, n]) => [statusNames[name] ?? name, n])),
    unresolved: attention.unresolvedOrders ?? 0,
    deadLetters: attention.deadLetters ?? 0,
    endpoints: attention.failingEndpoints ?? 0,
    differences: attention.differences ?? 0,
    waiting: sum(attention),
    queue,
    machines,
  };
}

const slowMs = 1_000;
const enoughDecisions = 20;

/** The worst that is true, as a key of text.js with its values. */
export function verdict(now, connection) {
  if (connection === "offline") return { key: "noServer", level: "bad", values: {} };
  if (!now) return { key: "waitingForFirst", level: "wait", values: {} };
  if (!now.isHealthy) return { key: "notDurable", level: "bad", values: {} };
  if (now.queue.waiting > now.queue.capacity / 4) return { key: "lagging", level: "warn", values: now.queue };
  const { total, silent } = now.machines;
  if (total > 0 && silent > Math.max(total / 20, 1)) return { key: "manyOffline", level: silent > total / 2 ? "bad" : "warn", values: { missing: silent, known: total } };
  if (now.decision && now.decision.count >= enoughDecisions && now.decision.p99 > slowMs) return { key: "slow", level: "warn", values: { p99: now.decision.p99 } };
  return { key: "served", level: "good", values: { connected: now.machines.connected } };
}
