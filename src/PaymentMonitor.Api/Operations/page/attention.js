// What waits for a person, with the action beside it.

import { call } from "./api.js";
import { say } from "./text.js";
import { ago, make, moment } from "./format.js";

export class Attention {
  #state;
  #ask;
  #sections;
  #seen = "";

  /** @param ask opens a dialog: ask({ title, why, fields, label, act }) */
  constructor(state, ask) {
    this.#state = state;
    this.#ask = ask;
    this.#sections = [
      new List("unresolved", "noUnresolved", ["order", "since", "flags"], "/api/orders?status=Unresolved&limit=50", (order) => this.#order(order)),
      new List("deadLetters", "noDeadLetters", ["event", "machine", "since", "reason"], "/api/dead-letters?limit=50&replayed=false", (letter) => this.#letter(letter)),
      new List("endpoints", "noEndpoints", ["endpoint", "reason", "since"], "/api/webhooks?", (endpoint) => this.#endpoint(endpoint),
        (endpoint) => endpoint.status === "failing" || (endpoint.status === "disabled" && endpoint.disabledFor !== "asked")),
      new List("differences", "noDifferences", ["difference", "order", "whatToDo"], "/api/reconciliation?settled=false", (difference) => this.#difference(difference)),
    ];
    this.element = make("div", { class: "attention" },
      this.#state.session?.role === "operator" ? null : make("p", { class: "note" }, say("readOnly")),
      this.#sections.map((section) => section.element));
    this.draw();
  }

  parts() {
    return [() => this.draw()];
  }

  /** Reads the lists again when the snapshot says that their lengths changed. */
  draw() {
    const now = this.#state.snapshot;
    const seen = now ? `${now.unresolved} ${now.deadLetters} ${now.endpoints} ${now.differences}` : "";
    if (seen === this.#seen && seen !== "") return;
    this.#seen = seen;
    for (const section of this.#sections) section.read();
  }

  end() {}

  #order(order) {
    const path = `${encodeURIComponent(order.machineId)}/${encodeURIComponent(order.orderId)}`;
    return [
      make("a", { href: `#/order/${path}` }, `${order.machineId}/${order.orderId}`), ago(order.updatedAt), (order.flags ?? []).join(", ") || "–",
      this.#button("resolve", {
        title: say("resolveTitle", { order: order.orderId }),
        why: say("resolveWhy"),
        fields: [
          { name: "outcome", label: say("outcome"), options: { completed: say("outcomeCompleted"), closed: say("outcomeClosed"), refunded: say("outcomeRefunded") } },
          { name: "reason", label: say("why") },
        ],
        act: async (values) => {
          await call(`/api/orders/${path}/resolve`, { method: "POST", body: values });
          this.#again();
        },
      }),
    ];
  }

  #letter(letter) {
    return [
      letter.orderId ? make("a", { href: `#/order/${encodeURIComponent(letter.machineId)}/${encodeURIComponent(letter.orderId)}` }, letter.eventId ?? `#${letter.id}`) : letter.eventId ?? `#${letter.id}`,
      make("a", { href: `#/machine/${encodeURIComponent(letter.machineId)}` }, letter.machineId ?? "–"), ago(letter.time), make("span", { title: letter.message }, letter.reason),
      this.#button("replay", {
        title: say("replayTitle", { event: letter.eventId ?? letter.id }),
        why: say("replayWhy"),
        fields: [],
        act: async () => {
          await call(`/api/dead-letters/${encodeURIComponent(letter.id)}/replay`, { method: "POST" });
          this.#again();
        },
      }),
    ];
  }

  // What waits is sent at once either way; what was given up meanwhile is asked for again.
  #endpoint(endpoint) {
    const path = `/api/webhooks/${encodeURIComponent(endpoint.id)}`;
    const since = endpoint.failingSince ?? endpoint.disabledAt;
    const isFailing = endpoint.status === "failing";
    return [
      endpoint.url, say(isFailing ? "endpointFailing" : endpoint.disabledFor === "gone" ? "endpointGone" : "endpointGivenUp"), moment(since),
      this.#button(isFailing ? "replay" : "enable", {
        title: say(isFailing ? "replayEndpointTitle" : "enableTitle", { endpoint: endpoint.url }),
        why: say(isFailing ? "replayEndpointWhy" : "enableWhy"),
        fields: [],
        act: async () => {
          await call(`${path}/enable`, { method: "POST" });
          await call(`${path}/recover`, { method: "POST", body: { since } });
          this.#again();
        },
      }),
    ];
  }

  #difference(difference) {
    const [machine, order] = (difference.order ?? "").split("/");
    const remedy = say(`do_${difference.kind}`);
    return [
      make("span", { title: difference.kind }, difference.sentence),
      difference.order ? make("a", { href: `#/order/${encodeURIComponent(machine)}/${encodeURIComponent(order)}` }, difference.order) : "–",
      remedy,
      this.#button("settle", {
        title: say("settleTitle", { payment: difference.paymentId }),
        why: `${remedy} ${say("settleWhy")}`,
        fields: [{ name: "reason", label: say("whatCame") }],
        act: async ({ reason }) => {
          await call("/api/reconciliation/settle", { method: "POST", body: { kind: difference.kind, paymentId: difference.paymentId, reason } });
          this.#again();
        },
      }),
    ];
  }

  #button(key, question) {
    if (this.#state.session?.role !== "operator") return "";
    return make("button", { type: "button", onclick: () => this.#ask({ label: say(key), ...question }) }, say(key));
  }

  #again() {
    this.#seen = "";
    this.draw();
  }
}

/** One list of things, a page at a time. */
class List {
  #none;
  #path;
  #row;
  #isMeant;
  #body = make("tbody");
  #foot = make("div", { class: "foot" });

  constructor(title, none, columns, path, row, isMeant = () => true) {
    this.#none = none;
    this.#path = path;
    this.#row = row;
    this.#isMeant = isMeant;
    this.element = make("section", { class: "card" }, make("h2", {}, say(title)),
      make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, [...columns, "action"].map((c) => make("th", { scope: "col" }, say(c))))), this.#body)), this.#foot);
  }

  async read(continuation) {
    try {
      const page = await call(this.#path + (continuation ? `&continuation=${encodeURIComponent(continuation)}` : ""));
      const rows = page.items.filter(this.#isMeant).map((item) => make("tr", {}, this.#row(item).map((cell) => make("td", {}, cell))));
      if (continuation) this.#body.append(...rows);
      else this.#body.replaceChildren(...rows);
      this.element.classList.toggle("empty", this.#body.childElementCount === 0);
      this.#foot.replaceChildren(...(this.#body.childElementCount === 0 ? [make("p", { class: "quiet" }, say(this.#none))]
        : page.continuation ? [make("button", { type: "button", onclick: () => this.read(page.continuation) }, say("more"))] : []));
    } catch (e) {
      // A back end without this part has nothing to show of it.
      this.element.hidden = e.name === "unknown-route";
      this.#foot.replaceChildren(make("p", { class: "error" }, say("failed", { why: e.message })));
    }
  }
}
