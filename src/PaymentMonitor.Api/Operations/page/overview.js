// The first ten seconds: is the fleet served, how fast, and does anything need a person?

import { say } from "./text.js";
import { make, milliseconds, whole } from "./format.js";
import { FleetMap, legend } from "./fleet.js";
import { Chart } from "./charts.js";

const statuses = ["Created", "Paying", "Paid", "ShipmentAllowed", "RefundDue", "Unresolved", "Completed", "Closed", "Refunded"];

export class Overview {
  #state;
  #map;
  #charts;
  #tiles = {};
  #legend = make("div");
  #orders = make("div", { class: "bars" });

  constructor(state, open) {
    this.#state = state;
    this.#map = new FleetMap(state.fleet, (id) => open(`#/machine/${encodeURIComponent(id)}`));
    this.#charts = [
      new Chart(state.history, say("rates"), [["events", "events", "--one"], ["decisions", "decisions", "--two"]]),
      new Chart(state.history, say("latencies"), [
        ["receiptP50", "receiptP50", "--one"], ["decisionP50", "decisionP50", "--two"],
        ["receiptP99", "receiptP99", "--one", [4, 4]], ["decisionP99", "decisionP99", "--two", [4, 4]],
      ], { logarithmic: true }),
    ];
    this.element = make("div", { class: "overview" },
      make("div", { class: "tiles" },
        this.#tile("connected"), this.#tile("eventsRate"), this.#tile("decisionTime"), this.#tile("receiptTime"), this.#tile("needsPerson", "#/attention")),
      make("section", { class: "card" }, make("div", { class: "head" }, make("h2", {}, say("fleetMap")), this.#legend), this.#map.element),
      make("div", { class: "pair" }, this.#charts.map((chart) => chart.element)),
      make("section", { class: "card" }, make("h2", {}, say("ordersByStatus")), this.#orders));
    this.draw();
  }

  draw() {
    const now = this.#state.snapshot;
    if (!now) return;
    this.#set("connected", whole(now.machines.connected), say("ofKnown", { known: whole(now.machines.total) }));
    this.#set("eventsRate", whole(now.events), say("receipts", { n: whole(now.receipts) }));
    this.#set("decisionTime", milliseconds(now.decision?.p50), say("p99", { p99: milliseconds(now.decision?.p99) }));
    this.#set("receiptTime", milliseconds(now.receipt?.p50), say("p99", { p99: milliseconds(now.receipt?.p99) }));
    const parts = ["unresolved", "deadLetters", "endpoints", "differences"].filter((part) => now[part] > 0).map((part) => say(`part_${part}`, { n: whole(now[part]) }));
    this.#set("needsPerson", now.waiting === 0 ? say("nothing") : whole(now.waiting), parts.join(" · ") || "\u00a0", now.waiting > 0);
    this.#map.draw();
    this.#legend.replaceChildren(legend(this.#state.fleet));
    for (const chart of this.#charts) chart.draw();
    this.#drawOrders(now.orders);
  }

  end() {
    this.#map.end();
    for (const chart of this.#charts) chart.end();
  }

  #tile(key, href) {
    const [value, detail] = [make("strong", {}, "–"), make("small", {}, "\u00a0")];
    const tile = make(href ? "a" : "div", { class: "tile", href }, make("span", {}, say(key)), value, detail);
    this.#tiles[key] = { tile, value, detail };
    return tile;
  }

  #set(key, value, detail, isAlarming = false) {
    const tile = this.#tiles[key];
    tile.value.textContent = value;
    tile.detail.textContent = detail;
    tile.tile.classList.toggle("alarming", isAlarming);
  }

  #drawOrders(orders) {
    const most = Math.max(1, ...statuses.map((status) => orders[status] ?? 0));
    this.#orders.replaceChildren(...statuses.map((status) => {
      const n = orders[status] ?? 0;
      const bar = make("i", { class: `bar ${status}` });
      bar.style.inlineSize = `${n === 0 ? 0 : Math.max(0.5, (100 * n) / most)}%`;
      return make("div", { class: "row" }, make("span", {}, say(`status_${status}`)), make("span", { class: "track" }, bar), make("b", {}, whole(n)));
    }));
  }
}
