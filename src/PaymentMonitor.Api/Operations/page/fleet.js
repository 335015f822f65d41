// The fleet as a map: one cell for each machine, drawn on one canvas. Only cells that changed are drawn again.

import { say } from "./text.js";
import { ago, make, whole, write } from "./format.js";

// The feed's three states, and a fourth that the eye wants: connected and heard of a moment ago.
const [connected, silent, trouble, active] = [0, 1, 2, 3];
const states = ["connected", "silent", "trouble", "active"];
const names = ["stateConnected", "stateSilent", "stateTrouble", "stateActive"];
const activeSeconds = 20;

/** What is known of the machines, kept across views and reconnects. */
export class FleetModel {
  ids = [];
  places = new Map();
  states = [];
  heard = [];
  changed = new Set();
  isGrown = false;

  /** @param {{ full: boolean, states: [string, number, number][] }} machines rows of id, state, last heard in Unix seconds */
  take(machines, now) {
    const isOther = (machines.full && machines.states.length !== this.ids.length) || machines.states.some((row) => !this.places.has(row[0]));
    if (isOther) {
      const ids = machines.states.map((row) => row[0]);
      this.#order(machines.full ? ids : [...new Set([...this.ids, ...ids])]);
    }
    for (const [id, state, heard] of machines.states) {
      const place = this.places.get(id);
      this.heard[place] = heard * 1000;
      this.#set(place, state);
    }
    for (let place = 0; place < this.ids.length; place++) {
      if (this.states[place] === connected || this.states[place] === active) this.#set(place, now - this.heard[place] < activeSeconds * 1000 ? active : connected);
    }
  }

  describe(place) {
    return say("machineHeard", { id: this.ids[place], state: say(names[this.states[place]]), ago: ago(this.heard[place]) });
  }

  #order(ids) {
    const known = new Map(this.ids.map((id, i) => [id, [this.states[i], this.heard[i]]]));
    this.ids = ids.toSorted();
    this.places = new Map(this.ids.map((id, i) => [id, i]));
    this.states = this.ids.map((id) => known.get(id)?.[0] ?? silent);
    this.heard = this.ids.map((id) => known.get(id)?.[1] ?? 0);
    this.isGrown = true;
  }

  #set(place, state) {
    if (this.states[place] === state) return;
    this.states[place] = state;
    this.changed.add(place);
  }
}

/** Draws a FleetModel and lets people choose a machine by pointer or keyboard. */
export class FleetMap {
  #model;
  #canvas = make("canvas", { tabindex: "0", role: "application" });
  #tip = make("output", { class: "tip", "aria-live": "polite" });
  #columns = 1;
  #cell = 10;
  #chosen = -1;
  #colours = [];
  #resize;

  constructor(model, onOpen) {
    this.#model = model;
    this.element = make("div", { class: "map" }, this.#canvas, this.#tip);
    const at = (e) => Math.floor(e.offsetY / this.#cell) * this.#columns + Math.floor(e.offsetX / this.#cell);
    this.#canvas.addEventListener("pointermove", (e) => this.#choose(at(e)));
    this.#canvas.addEventListener("pointerleave", () => document.activeElement !== this.#canvas && this.#choose(-1));
    this.#canvas.addEventListener("click", () => this.#chosen >= 0 && onOpen(model.ids[this.#chosen]));
    this.#canvas.addEventListener("focus", () => this.#chosen < 0 && this.#choose(0));
    this.#canvas.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns, Home: -this.#chosen, End: model.ids.length - 1 - this.#chosen }[e.key];
      if (step !== undefined) this.#choose(Math.min(Math.max(this.#chosen + step, 0), model.ids.length - 1));
      else if (e.key === "Enter" && this.#chosen >= 0) onOpen(model.ids[this.#chosen]);
      else return;
      e.preventDefault();
    });
    this.#resize = new ResizeObserver(() => this.layOut());
    this.#resize.observe(this.element);
  }

  end() {
    this.#resize.disconnect();
  }

  /** Draws what changed since the last time. */
  draw() {
    if (this.#model.isGrown) {
      this.layOut();
      return;
    }
    const context = this.#canvas.getContext("2d");
    for (const place of this.#model.changed) this.#drawCell(context, place);
    this.#model.changed.clear();
  }

  /** Sizes the cells so that all fit the width, and draws everything. */
  layOut() {
    const width = this.element.clientWidth;
    const count = Math.max(this.#model.ids.length, 1);
    if (width === 0) return;
    this.#model.isGrown = false;
    this.#model.changed.clear();
    const height = Math.max(180, Math.min(420, innerHeight * 0.42));
    this.#cell = Math.max(7, Math.min(26, Math.floor(Math.sqrt((width * height) / count))));
    this.#columns = Math.max(1, Math.floor(width / this.#cell));
    const rows = Math.ceil(count / this.#columns);
    const scale = devicePixelRatio || 1;
    this.#canvas.width = width * scale;
    this.#canvas.height = rows * this.#cell * scale;
    this.#canvas.style.height = `${rows * this.#cell}px`;
    this.#canvas.setAttribute("aria-label", `${say("fleetMap")}. ${say("fleetHint")}`);
    const style = getComputedStyle(document.documentElement);
    this.#colours = states.map((state) => style.getPropertyValue(`--${state}`).trim());
    const context = this.#canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (let place = 0; place < this.#model.ids.length; place++) this.#drawCell(context, place);
  }

  #drawCell(context, place) {
    const [x, y] = [(place % this.#columns) * this.#cell, Math.floor(place / this.#columns) * this.#cell];
    const state = this.#model.states[place];
    const gap = this.#cell > 9 ? 2 : 1;
    const side = this.#cell - gap;
    context.clearRect(x, y, this.#cell, this.#cell);
    context.fillStyle = this.#colours[state];
    // Shape as well as colour tells what needs eyes: hollow is silent, a notch is trouble.
    if (state === silent) {
      context.strokeStyle = this.#colours[silent];
      context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    } else {
      context.fillRect(x, y, side, side);
    }
    if (state === trouble) {
      context.clearRect(x + side / 2, y, side / 2, side / 2);
    }
    if (place === this.#chosen) {
      context.strokeStyle = getComputedStyle(this.#canvas).color;
      context.lineWidth = 2;
      context.strokeRect(x, y, side, side);
      context.lineWidth = 1;
    }
  }

  #choose(place) {
    const chosen = place >= 0 && place < this.#model.ids.length ? place : -1;
    if (chosen === this.#chosen) return;
    for (const changed of [this.#chosen, chosen]) if (changed >= 0) this.#model.changed.add(changed);
    this.#chosen = chosen;
    this.draw();
    this.#tip.textContent = chosen < 0 ? "" : this.#model.describe(chosen);
  }
}

/** The legend, with how many machines are in each state. */
export class Legend {
  #model;
  #counts = [active, connected, silent, trouble].map((state) => [state, make("b")]);

  constructor(model) {
    this.#model = model;
    this.element = make("ul", { class: "legend" }, this.#counts.map(([state, count]) =>
      make("li", {}, make("i", { class: states[state], "aria-hidden": "true" }), `${say(names[state])} `, count)));
  }

  draw() {
    const all = [0, 0, 0, 0];
    for (const state of this.#model.states) all[state]++;
    for (const [state, count] of this.#counts) write(count, whole(all[state]));
  }
}

/** What a machine's state is called; of a machine that nobody has heard of, none is known. */
export const stateName = (state) => (state === undefined ? "–" : say(names[state]));
