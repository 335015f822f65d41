// A machine made with @azure/web-pubsub-client. Arguments: its client access URL, and "reliable" or "plain".
import { WebPubSubClient, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { drive, tell } from "./driven.mjs";

const [url, kind] = process.argv.slice(2);
const protocol = kind === "reliable" ? WebPubSubJsonReliableProtocol() : WebPubSubJsonProtocol();
const client = new WebPubSubClient({ getClientAccessUrl: () => url }, { protocol, reconnectRetryOptions: { retryDelayInMs: 100 } });

client.on("connected", (e) => tell({ connected: e.connectionId, userId: e.userId ?? null }));
client.on("disconnected", (e) => tell({ disconnected: e.connectionId ?? null, reason: e.message?.message ?? null }));
client.on("stopped", () => tell({ stopped: true }));
client.on("server-message", (e) => tell({ message: plain(e.message), from: "server" }));
client.on("group-message", (e) => tell({ message: plain(e.message), from: e.message.group, fromUserId: e.message.fromUserId ?? null }));

function plain(message) {
  return message.dataType === "binary" ? Buffer.from(message.data).toString("hex") : message.data;
}

await drive({
  start: () => client.start(),
  stop: () => client.stop(),
  send: ({ name, data, dataType, ackId }) => client.sendEvent(name, data, dataType ?? "json", ackId === undefined ? {} : { ackId }),
  join: ({ group }) => client.joinGroup(group),
  leave: ({ group }) => client.leaveGroup(group),
  sendToGroup: ({ group, data, noEcho }) => client.sendToGroup(group, data, "json", { noEcho }),
});
