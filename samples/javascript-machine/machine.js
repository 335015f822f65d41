// A vending machine at the keyboard, on Microsoft's Web PubSub client. Start a server that lets it in, then the machine:
//   dotnet run --project src/PaymentMonitor.Server -- serve --demo-credentials
//   npm ci && npm start -- [endpoint] [machine id] [secret]
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const [endpoint = "http://127.0.0.1:8080", machineId = "javascript-machine", secret = "demo-secret-for-loopback-only"] = process.argv.slice(2);
const products = ["Water 1.20", "Cola 2.50", "Crisps 1.80"];
const prices = [120, 250, 180];

const unreceipted = new Map(); // events by id, in memory: sent again until their receipt is here
const versions = new Map(); // the newest decision of each order that was acted on
let order, product, payments;

const client = new WebPubSubClient({ getClientAccessUrl: negotiate });
client.on("connected", () => { console.log("  [connected]"); sync(); unreceipted.forEach(send); });
client.on("disconnected", () => console.log("  [disconnected]"));
client.on("server-message", ({ message }) => receive(message.data));
await client.start().catch((error) => { console.error(error.message); process.exit(1); });
setInterval(sync, 60_000).unref();

console.log(`1-${products.length} chooses (${products.join(", ")}); pay, decline, cancel, quit.`);
for await (const line of createInterface({ input: process.stdin })) {
  const choice = line.trim();
  if (choice === "quit") break;
  if (products[choice - 1]) {
    [order, product, payments] = [randomUUID(), choice - 1, 0];
    report(order, "order.created", { amount: prices[product], currency: "EUR", channel: "card-terminal", expiresIn: 60 });
  } else if (!order) console.log("Choose a product first; then pay, decline or cancel.");
  else if (choice === "pay") {
    report(order, "payment.started");
    report(order, "payment.succeeded", { paymentId: `${order}.${++payments}`, amount: prices[product] });
  } else if (choice === "decline") report(order, "payment.failed", { reason: "declined" });
  else if (choice === "cancel") report(order, "order.cancelled");
}

// Wait for the receipts before the power goes.
for (let i = 0; unreceipted.size && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 100));
client.stop();
process.stdin.destroy();

// Microsoft's client cannot set a header, so the token goes into the query.
async function negotiate() {
  const response = await fetch(new URL("/api/negotiate", endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ machineId, secret }),
  });
  if (!response.ok) throw new Error(`The server refuses the machine (${response.status}).`);
  const { url, token } = await response.json();
  return `${url}?access_token=${token}`;
}

function report(orderId, type, data = {}) {
  const event = { id: randomUUID(), type, orderId, time: new Date().toISOString(), data };
  unreceipted.set(event.id, event);
  send(event);
}

// The receipt counts; what cannot be sent now is sent when the client is connected again.
function send(event) {
  client.sendEvent("order", { ...event, sentAt: new Date().toISOString() }, "json").catch(() => {});
}

function sync() {
  const confirmed = [...versions].map(([orderId, version]) => ({ orderId, version }));
  client.sendEvent("sync", { confirmed }, "json").catch(() => {});
}

function receive(message) {
  if (message.type === "sync") message.decisions.forEach(decide);
  else if (message.type === "decision") { decide(message); sync(); }
  else if (unreceipted.has(message.id)) {
    const event = unreceipted.get(message.id);
    console.log(`  ${event.type}: ${message.status}${message.error ? ` (${message.error.message})` : ""}`);
    if (message.status === "retry") setTimeout(send, message.retryAfterMs, event);
    else unreceipted.delete(message.id);
  }
}

function decide({ orderId, version, kind, reason, validUntil, refund }) {
  if (version <= (versions.get(orderId) ?? 0)) return; // told again because our confirmation was not there yet
  versions.set(orderId, version);
  console.log(`  -> ${kind} (${reason})`);
  if (kind === "shipment.allowed" && new Date() > new Date(validUntil)) report(orderId, "shipment.failed", { reason: "expired" });
  else if (kind === "shipment.allowed") {
    console.log(`  The machine drops: ${products[product]}`);
    report(orderId, "shipment.completed");
  } else if (kind === "refund.due") {
    console.log(`  The terminal gives back ${(refund.amount / 100).toFixed(2)} ${refund.currency}`);
    report(orderId, "refund.completed", { paymentId: refund.paymentId });
  }
}
