// One order's story, by event time and by arrival, and one machine's.

import { call, Refusal } from "./api.js";
import { say } from "./text.js";
import { ago, clock, make, moment, money } from "./format.js";
import { stateName } from "./fleet.js";

const statusChip = (status) => make("span", { class: `chip ${status}` }, say(`status_${status}`));

function facts(pairs) {
  return make("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function refused(e, element, sentence) {
  element.replaceChildren(make("p", { class: "error" }, e instanceof Refusal && e.status === 404 ? sentence : say("failed", { why: e.message })));
}

/** One order: what happened, when it arrived, what was decided and whom it was told. */
export class OrderStory {
  #machine;
  #order;
  #byArrival = false;
  #moments = [];
  #list = make("ol", { class: "story" });

  constructor(machine, order) {
    this.#machine = machine;
    this.#order = order;
    this.element = make("div", { class: "card" }, make("p", { class: "quiet" }, say("loading")));
    this.#read();
  }

  parts() {
    return [];
  }

  end() {}

  async #read() {
    const path = `${encodeURIComponent(this.#machine)}/${encodeURIComponent(this.#order)}`;
    try {
      const [order, deliveries] = await Promise.all([call(`/api/orders/${path}`), this.#deliveries()]);
      this.#show(order, deliveries);
    } catch (e) {
      refused(e, this.element, say("unknownOrder", { machine: this.#machine, order: this.#order }));
    }
  }

  // Webhooks are a part of the story where there are any; without them it is told all the same.
  async #deliveries() {
    try {
      const of = `machineId=${encodeURIComponent(this.#machine)}&orderId=${encodeURIComponent(this.#order)}&limit=100`;
      const endpoints = (await call("/api/webhooks")).items;
      const pages = await Promise.all(endpoints.map((endpoint) => call(`/api/webhooks/${encodeURIComponent(endpoint.id)}/deliveries?${of}`)));
      return pages.flatMap((page, i) => page.items.map((attempt) => ({ ...attempt, url: endpoints[i].url })));
    } catch {
      return [];
    }
  }

  #show(order, deliveries) {
    const terms = order.events.find((e) => e.type === "order.created")?.data;
    this.#moments = [
      ...order.events.map((e) => ({ happened: e.eventTime, arrived: e.receivedAt, kind: "event", by: say(`source_${e.source}`), what: e.type, detail: describe(e.data) })),
      ...order.decisions.map((d) => ({
        happened: d.decidedAt, arrived: d.decidedAt, kind: "decision", by: say("decision"), what: d.kind,
        detail: [d.reason, d.refund && say("refundOf", { amount: money(d.refund.amount, d.refund.currency), payment: d.refund.paymentId }), d.validUntil && say("validUntil", { time: clock(d.validUntil) }),
          say(d.version <= order.confirmedVersion ? "confirmed" : "unconfirmed")].filter(Boolean).join(" · "),
      })),
      ...deliveries.map((d) => ({ happened: d.time, arrived: d.time, kind: "delivery", by: say("delivery"), what: d.type, detail: [d.url, d.status ?? d.error, `${d.durationMs} ms`, d.nextAt && say("againAt", { time: clock(d.nextAt) })].filter(Boolean).join(" · ") })),
    ];
    const toggle = (byArrival, key) => make("button", {
      type: "button", "aria-pressed": String(this.#byArrival === byArrival),
      onclick: (e) => {
        this.#byArrival = byArrival;
        for (const button of e.currentTarget.parentElement.children) button.setAttribute("aria-pressed", String(button === e.currentTarget));
        this.#sort();
      },
    }, say(key));
    this.element.replaceChildren(
      make("div", { class: "head" }, make("h1", {}, say("orderStory", { order: order.orderId })), statusChip(order.status)),
      facts([
        [say("machine"), make("a", { href: `#/machine/${encodeURIComponent(order.machineId)}` }, order.machineId)],
        [say("amount"), terms && money(terms.amount, terms.currency)], [say("channel"), terms?.channel],
        [say("version"), `${order.version} (${say(order.confirmedVersion >= order.version ? "confirmed" : "unconfirmed")})`],
        [say("due"), order.due && moment(order.due)], [say("flags"), (order.flags ?? []).join(", ")],
      ]),
      make("div", { class: "columns" },
        make("div", {}, make("div", { class: "toggle", role: "group" }, toggle(false, "byEventTime"), toggle(true, "byArrival")), this.#list),
        this.#crossing(order.events)));
    this.#sort();
  }

  #sort() {
    const key = this.#byArrival ? "arrived" : "happened";
    const rank = { event: 0, decision: 1, delivery: 2 };
    const sorted = this.#moments.toSorted((a, b) => new Date(a[key]) - new Date(b[key]) || rank[a.kind] - rank[b.kind]);
    this.#list.replaceChildren(...sorted.map((m) => make("li", { class: m.kind },
      make("time", { datetime: m[key], title: moment(m[key]) }, clock(m[key])),
      make("div", {}, make("strong", {}, m.what), make("span", { class: "by" }, m.by), m.detail ? make("p", {}, m.detail) : null,
        Math.abs(new Date(m.arrived) - new Date(m.happened)) >= 1000 ? make("p", { class: "late" }, `${say("happened")} ${clock(m.happened)} → ${say("arrived")} ${clock(m.arrived)}`) : null))));
  }

  // Each event is a line from when it happened to when it arrived, both in their own order: lines that cross came out of order.
  #crossing(events) {
    if (events.length < 2) return null;
    const by = (key) => events.map((e, i) => [new Date(e[key]), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, i]) => i);
    const [happened, arrived] = [by("eventTime"), by("receivedAt")];
    const row = 30;
    const height = events.length * row + 26;
    const picture = make("svg", { viewBox: `0 0 360 ${height}`, class: "crossing", role: "img", "aria-label": say("disorderHint") },
      make("text", { x: 0, y: 12, class: "axis" }, say("happened")), make("text", { x: 360, y: 12, class: "axis", "text-anchor": "end" }, say("arrived")));
    happened.forEach((i, left) => {
      const right = arrived.indexOf(i);
      const [y1, y2] = [34 + left * row, 34 + right * row];
      picture.append(
        make("path", { d: `M130 ${y1} C 180 ${y1}, 180 ${y2}, 230 ${y2}`, class: left === right ? "" : "crossed" }),
        make("circle", { cx: 130, cy: y1, r: 4 }), make("circle", { cx: 230, cy: y2, r: 4 }),
        make("text", { x: 122, y: y1 + 4, "text-anchor": "end" }, events[i].type.slice(0, 19)),
        make("text", { x: 238, y: y2 + 4 }, clock(events[i].receivedAt)));
    });
    return make("figure", {}, make("figcaption", {}, make("strong", {}, say("disorder")), make("span", { class: "quiet" }, say("disorderHint"))), picture);
  }
}

/** One machine: who it is, whether it is there, and its orders. */
export class MachineStory {
  #state;
  #machine;
  #now = make("div");
  #head = make("div");
  #orders = make("div");

  constructor(state, machine) {
    this.#state = state;
    this.#machine = machine;
    this.element = make("div", { class: "card" }, make("div", { class: "head" }, make("h1", {}, say("machineStory", { machine }))), this.#now, this.#head, make("h2", {}, say("itsOrders")), this.#orders);
    this.draw();
    this.#readMachine();
    this.#readOrders();
  }

  parts() {
    return [() => this.draw()];
  }

  draw() {
    const place = this.#state.fleet.places.get(this.#machine);
    const state = place === undefined ? undefined : this.#state.fleet.states[place];
    this.#now.replaceChildren(facts([[say("connection"), stateName(state)], [say("lastHeard"), ago(place === undefined ? null : this.#state.fleet.heard[place])]]));
  }

  end() {}

  async #readMachine() {
    try {
      const machine = await call(`/api/machines/${encodeURIComponent(this.#machine)}`);
      this.#head.replaceChildren(facts([
        [say("channels"), machine.channels.join(", ")], [say("registered"), moment(machine.registeredAt)], [say("revoked"), machine.revokedAt && moment(machine.revokedAt)],
      ]));
    } catch (e) {
      if (e instanceof Refusal && e.status === 404) this.#head.replaceChildren(make("p", { class: "quiet" }, say("notRegistered")));
      else refused(e, this.#head);
    }
  }

  async #readOrders(continuation) {
    try {
      const page = await call(`/api/orders?machineId=${encodeURIComponent(this.#machine)}&limit=50${continuation ? `&continuation=${encodeURIComponent(continuation)}` : ""}`);
      const rows = page.items.map((order) => make("tr", {},
        make("td", {}, make("a", { href: `#/order/${encodeURIComponent(order.machineId)}/${encodeURIComponent(order.orderId)}` }, order.orderId)),
        make("td", {}, statusChip(order.status)), make("td", {}, moment(order.createdAt)), make("td", {}, (order.flags ?? []).join(", ") || "–")));
      this.#orders.querySelector(".foot")?.remove();
      if (!continuation) {
        this.#orders.replaceChildren(rows.length === 0 ? make("p", { class: "quiet" }, say("noOrders"))
          : make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ["order", "status", "since", "flags"].map((c) => make("th", { scope: "col" }, say(c))))), make("tbody"))));
      }
      this.#orders.querySelector("tbody")?.append(...rows);
      if (page.continuation) this.#orders.append(make("div", { class: "foot" }, make("button", { type: "button", onclick: () => this.#readOrders(page.continuation) }, say("more"))));
    } catch (e) {
      refused(e, this.#orders);
    }
  }
}

function describe(data) {
  const { amount, currency, ...others } = data ?? {};
  return [amount !== undefined ? (currency ? money(amount, currency) : String(amount)) : null, ...Object.entries(others).map(([name, value]) => `${name}: ${value}`)].filter(Boolean).join(" · ");
}
