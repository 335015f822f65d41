// The live figures, over the Web PubSub protocol that machines speak too: one WebSocket, one group, nothing polled.

import { call, Refusal } from "./api.js";

const waits = [500, 1000, 2000, 4000, 8000];
const silenceMs = 10_000;

/**
 * Keeps a connection to the group of snapshots, for ever.
 * @param {{ onSnapshot: (s: object) => void, onState: (state: "connecting" | "live" | "offline") => void, onRefused: (e: Refusal) => void, onSession: (s: object) => void }} on
 */
export class LiveFeed {
  #on;
  #attempt = 0;
  #socket = null;
  #watch = 0;
  #again = 0;
  #ended = false;

  constructor(on) {
    this.#on = on;
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    this.#connect();
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#again);
    clearTimeout(this.#watch);
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#socket?.close();
  }

  // Whoever comes back to the tab should not wait for a backoff that began hours ago.
  #hurry = () => {
    if (document.visibilityState === "visible" && this.#socket === null && !this.#ended) {
      clearTimeout(this.#again);
      this.#connect();
    }
  };

  async #connect() {
    this.#on.onState("connecting");
    try {
      const session = await call("/api/ops/negotiate", { method: "POST" });
      if (this.#ended) return;
      this.#on.onSession(session);
      this.#open(session);
    } catch (e) {
      if (e instanceof Refusal && (e.status === 401 || e.status === 403)) this.#on.onRefused(e);
      else this.#retry();
    }
  }

  #open(session) {
    const url = new URL(session.url);
    url.searchParams.set("access_token", session.token);
    const socket = new WebSocket(url, "json.webpubsub.azure.v1");
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#heard(socket);
      const frame = JSON.parse(data);
      if (frame.type === "system" && frame.event === "connected") socket.send(JSON.stringify({ type: "joinGroup", group: "ops", ackId: 1 }));
      else if (frame.type === "ack" && !frame.success) socket.close();
      else if (frame.type === "message" && frame.from === "group") this.#on.onSnapshot(frame.data);
    };
    socket.onclose = () => {
      clearTimeout(this.#watch);
      if (this.#socket === socket) this.#socket = null;
      if (!this.#ended) this.#retry();
    };
    this.#heard(socket);
  }

  // A snapshot comes each second; a socket that brings none is half open, whatever it claims.
  #heard(socket) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => socket.close(), silenceMs);
  }

  #retry() {
    this.#on.onState("offline");
    const most = waits[Math.min(this.#attempt++, waits.length - 1)];
    this.#again = setTimeout(() => this.#connect(), 250 + Math.random() * most);
  }

  /** A snapshot arrived: the connection is good, and the next loss starts with short waits. */
  settled() {
    this.#attempt = 0;
    this.#on.onState("live");
  }
}
