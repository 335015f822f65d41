// The first ten seconds: is the fleet served, how fast, and does anything need a person?

import { say } from "./text.js";
import { make, milliseconds, whole, write } from "./format.js";
import { FleetMap, Legend } from "./fleet.js";
import { Chart } from "./charts.js";

const statuses = ["Created", "Paying", "Paid", "ShipmentAllowed", "RefundDue", "Unresolved", "Completed", "Closed", "Refunded"];

export class Overview {
  #state;
  #map;
  #charts;
  #tiles = {};
  #legend;
  #rows = statuses.map((status) => [make("i", { class: `bar ${status}` }), make("b")]);

  constructor(state, open) {
    this.#state = state;
    this.#map = new FleetMap(state.fleet, (id) => open(`#/machine/${encodeURIComponent(id)}`));
    this.#legend = new Legend(state.fleet);
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
      make("section", { class: "card" }, make("div", { class: "head" }, make("h2", {}, say("fleetMap")), this.#legend.element), this.#map.element),
      make("div", { class: "pair" }, this.#charts.map((chart) => chart.element)),
      make("section", { class: "card" }, make("h2", {}, say("ordersByStatus")),
        make("div", { class: "bars" }, this.#rows.map(([bar, count], i) =>
          make("div", { class: "row" }, make("span", {}, say(`status_${statuses[i]}`)), make("span", { class: "track" }, bar), count)))));
    for (const draw of this.parts()) draw();
  }

  /** Draws the newest snapshot, in parts of which none takes long. */
  parts() {
    const now = this.#state.snapshot;
    if (!now) return [];
    return [
      () => this.#map.draw(),
      () => this.#drawTiles(now),
      ...this.#charts.map((chart) => () => chart.draw()),
      () => {
        this.#legend.draw();
        this.#drawOrders(now.orders);
      },
    ];
  }

  end() {
    this.#map.end();
    for (const chart of this.#charts) chart.end();
  }

  #drawTiles(now) {
    this.#set("connected", whole(now.machines.connected), say("ofKnown", { known: whole(now.machines.total) }));
    this.#set("eventsRate", whole(now.events), say("receipts", { n: whole(now.receipts) }));
    this.#set("decisionTime", milliseconds(now.decision?.p50), say("p99", { p99: milliseconds(now.decision?.p99) }));
    this.#set("receiptTime", milliseconds(now.receipt?.p50), say("p99", { p99: milliseconds(now.receipt?.p99) }));
    const parts = ["unresolved", "deadLetters", "endpoints", "differences"].filter((part) => now[part] > 0).map((part) => say(`part_${part}`, { n: whole(now[part]) }));
    this.#set("needsPerson", now.waiting === 0 ? say("nothing") : whole(now.waiting), parts.join(" · ") || "\u00a0", now.waiting > 0);
  }

  #tile(key, href) {
    const [value, detail] = [make("strong", {}, "–"), make("small", {}, "\u00a0")];
    const tile = make(href ? "a" : "div", { class: "tile", href }, make("span", {}, say(key)), value, detail);
    this.#tiles[key] = { tile, value, detail };
    return tile;
  }

  #set(key, value, detail, isAlarming = false) {
    const tile = this.#tiles[key];
    write(tile.value, value);
    write(tile.detail, detail);
    tile.tile.classList.toggle("alarming", isAlarming);
  }

  // The rows are made once: only what differs is written each second.
  #drawOrders(orders) {
    const most = Math.max(1, ...statuses.map((status) => orders[status] ?? 0));
    statuses.forEach((status, i) => {
      const n = orders[status] ?? 0;
      const [bar, count] = this.#rows[i];
      const size = `${n === 0 ? 0 : Math.max(0.5, (100 * n) / most).toFixed(1)}%`;
      if (bar.style.inlineSize !== size) bar.style.inlineSize = size;
      write(count, whole(n));
    });
  }
}
