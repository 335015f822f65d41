// A business system that is told of orders. It subscribes where PAYMENTMONITOR_API_KEY is set, and only listens where WEBHOOK_SECRET is:
//   npm ci && npm start -- [server] [port]
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const [server = "http://127.0.0.1:8080", port = "9100"] = process.argv.slice(2);
let webhook = process.env.WEBHOOK_SECRET && new Webhook(process.env.WEBHOOK_SECRET);

// A real system keeps these two in its database, in the transaction that acts on the delivery.
const seen = new Set(); // webhook ids: a delivery may come twice
const newest = new Map(); // the newest notice of each order: one that is older changes nothing any more

const listener = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks); // exactly the bytes that were signed
  let told;
  try {
    told = webhook.verify(body, request.headers);
  } catch (error) {
    console.log(`refused   ${error.message}`);
    return response.writeHead(401).end("wrong signature");
  }

  receive(request.headers["webhook-id"], told);
  response.writeHead(204).end(); // only now: what was not answered with 2xx comes again
});

function receive(id, { type, data }) {
  const order = `${data.machineId}/${data.orderId}`;
  if (seen.has(id)) return console.log(`again     ${id}`);
  seen.add(id);
  if (data.orderId && data.notice <= newest.get(order)) return console.log(`stale     ${id} ${type}`);
  if (data.orderId) newest.set(order, data.notice);
  console.log(`told      ${id} ${type} ${data.amount ?? ""} ${data.currency ?? ""} ${data.paymentId ?? ""} ${data.reason ?? ""}`.trimEnd());
}

listener.listen(Number(port), "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${listener.address().port}/hooks`;
  if (process.env.PAYMENTMONITOR_API_KEY) await subscribe(url);
  if (!webhook) throw new Error("Set PAYMENTMONITOR_API_KEY to subscribe, or WEBHOOK_SECRET to only listen.");
  console.log(`listening ${url}`);
});

async function subscribe(url) {
  const answer = await fetch(new URL("/api/webhooks", server), {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.PAYMENTMONITOR_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ url, description: "the JavaScript sample" }),
  });
  const { secret, endpoint, detail } = await answer.json();
  if (!answer.ok) throw new Error(detail);
  webhook = new Webhook(secret);
  console.log(`subscribed as ${endpoint.id}`);
}
