// A registered machine made with @azure/web-pubsub-client. Arguments: the server's address, the machine's id and its secret.
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { drive, tell } from "./driven.mjs";

const [endpoint, machineId, secret] = process.argv.slice(2);
const client = new WebPubSubClient({ getClientAccessUrl: negotiate }, { reconnectRetryOptions: { retryDelayInMs: 100 } });

client.on("connected", (e) => tell({ connected: e.connectionId, userId: e.userId ?? null }));
client.on("disconnected", (e) => tell({ disconnected: e.connectionId ?? null }));
client.on("server-message", ({ message }) => tell({ [message.data.type]: message.data }));

async function negotiate() {
  const response = await fetch(`${endpoint}/api/negotiate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ machineId, secret }),
  });
  if (!response.ok) throw new Error((await response.json()).name);
  const { url, token } = await response.json();
  return `${url}?access_token=${token}`;
}

await drive({
  start: () => client.start(),
  report: ({ id, type, orderId, data }) => client.sendEvent("order", { id, type, orderId, time: new Date().toISOString(), data }, "json"),
  sync: ({ confirmed }) => client.sendEvent("sync", { confirmed }, "json"),
});
