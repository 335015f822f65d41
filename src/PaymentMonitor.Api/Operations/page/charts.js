// The last five minutes, a point a second.

import { make, timeOfDay } from "./format.js";
import { say } from "./text.js";

const points = 300;

/** Rings of figures, kept across views, so that coming back shows what was missed. */
export class History {
  times = [];
  series = {};

  add(time, figures) {
    this.times.push(time / 1000);
    for (const [name, value] of Object.entries(figures)) (this.series[name] ??= []).push(value ?? null);
    if (this.times.length > points) {
      this.times.shift();
      for (const values of Object.values(this.series)) values.shift();
    }
  }

  of(names) {
    return [this.times, ...names.map((name) => this.series[name] ?? [])];
  }
}

/** One chart of a few series. `lines`: name of the figure, text key, CSS colour variable. */
export class Chart {
  #history;
  #lines;
  #plot;
  #resize;
  #logarithmic;

  constructor(history, title, lines, { logarithmic = false } = {}) {
    this.#history = history;
    this.#lines = lines;
    this.#logarithmic = logarithmic;
    const holder = make("div", { class: "plot" });
    this.element = make("section", { class: "card" }, make("h2", {}, title), holder);
    this.#resize = new ResizeObserver(() => {
      if (holder.clientWidth === 0) return;
      if (this.#plot) this.#plot.setSize({ width: holder.clientWidth, height: 200 });
      else this.#plot = this.#create(holder);
    });
    this.#resize.observe(holder);
  }

  draw() {
    this.#plot?.setData(this.#history.of(this.#lines.map((line) => line[0])));
  }

  end() {
    this.#resize.disconnect();
    this.#plot?.destroy();
  }

  #create(holder) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui" };
    return new uPlot({
      width: holder.clientWidth,
      height: 200,
      cursor: { points: { size: 6 } },
      legend: { live: true },
      scales: { y: this.#logarithmic ? { distr: 3 } : { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.1)] } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map(timeOfDay), space: 80 }, { ...axis, size: 60 }],
      series: [{ label: say("time") }, ...this.#lines.map(([, text, variable, dash]) => ({ label: say(text), stroke: colour(variable), width: 1.75, dash, points: { show: false }, spanGaps: true }))],
    }, this.#history.of(this.#lines.map((line) => line[0])), holder);
  }
}
