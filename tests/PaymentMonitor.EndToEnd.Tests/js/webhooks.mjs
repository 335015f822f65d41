// The library of Standard Webhooks, unchanged: checks a delivery as it arrived.
import { Webhook } from "standardwebhooks";
import { drive } from "./driven.mjs";

await drive({
  verify({ secret, headers, body }) {
    return new Webhook(secret).verify(Buffer.from(body, "base64"), headers);
  },
});
