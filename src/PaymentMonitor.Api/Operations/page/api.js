// The HTTP API, with the key of whoever looks. The key stays in this tab and goes into a header, never into an address.

const storage = "paymentmonitor-key";

/** A refusal of the back end: its stable name and its sentence. */
export class Refusal extends Error {
  constructor(status, name, sentence) {
    super(sentence);
    this.status = status;
    this.name = name;
  }
}

export const hasKey = () => sessionStorage.getItem(storage) !== null;
export const keepKey = (key) => sessionStorage.setItem(storage, key);
export const forgetKey = () => sessionStorage.removeItem(storage);

/** Takes the key that a printed link carries behind '#', where no server and no log sees it. */
export function takeKeyFromLink() {
  const match = /^#key=([\w-]+)$/.exec(location.hash);
  if (match) {
    keepKey(match[1]);
    history.replaceState(null, "", location.pathname + "#/");
  }
}

/** Calls the API; gives the JSON of the answer, or null where it has none. */
export async function call(path, { method = "GET", body } = {}) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(storage) ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  const isJson = /[/+]json/.test(answer.headers.get("content-type") ?? "");
  const json = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refusal(answer.status, json?.name ?? "failed", json?.detail ?? `HTTP ${answer.status}`);
  return json;
}
