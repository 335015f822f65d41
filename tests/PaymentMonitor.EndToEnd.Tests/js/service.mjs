// A business system made with @azure/web-pubsub. Arguments: a connection string and a hub.
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { drive } from "./driven.mjs";

const [connectionString, hub] = process.argv.slice(2);
const service = new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });

function bytes(value) {
  return typeof value === "object" && value?.hex !== undefined ? Uint8Array.from(Buffer.from(value.hex, "hex")) : value;
}

await drive({
  call: ({ method, args }) => service[method](...args.map(bytes)),
  callGroup: ({ group, method, args }) => service.group(group)[method](...args.map(bytes)),
});
