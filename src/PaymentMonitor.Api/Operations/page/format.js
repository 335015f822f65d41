// Numbers, times and money as people read them.

import { language, say } from "./text.js";

const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");

// Making a format costs more than everything that is written with it in a second.
const wholes = Object.fromEntries(["zh-CN", "en-GB"].map((name) => [name, new Intl.NumberFormat(name, { maximumFractionDigits: 0 })]));
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const whole = (n) => wholes[locale()].format(n);

/** The time of day, to the second, of a moment in Unix seconds. */
export const timeOfDay = (moment) => seconds.format(moment * 1000);

export function milliseconds(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export const clock = (time) => new Date(time).toLocaleTimeString(locale(), { hour12: false }) + "." + String(new Date(time).getMilliseconds()).padStart(3, "0");

export const moment = (time) => (time ? new Date(time).toLocaleString(locale(), { hour12: false }) : "–");

export function ago(time, now = Date.now()) {
  if (!time) return say("never");
  const seconds = Math.max(0, Math.round((now - new Date(time)) / 1000));
  if (seconds < 120) return say("ago_s", { n: seconds });
  if (seconds < 7200) return say("ago_m", { n: Math.round(seconds / 60) });
  return seconds < 172_800 ? say("ago_h", { n: Math.round(seconds / 3600) }) : say("ago_d", { n: Math.round(seconds / 86_400) });
}

export function duration(seconds) {
  const [d, h, m] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (d > 0) return `${d} d ${h} h`;
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min` : `${Math.floor(seconds)} s`;
}

/** Minor units and an ISO 4217 code, with as many decimals as the currency has. */
export function money(amount, currency) {
  try {
    const format = new Intl.NumberFormat(locale(), { style: "currency", currency });
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${amount} ${currency ?? ""}`;
  }
}

/** Writes a text where it differs. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with attributes, listeners (on...) and children. Texts are texts: nothing that a machine reports becomes markup. */
export function make(tag, attributes = {}, ...children) {
  const element = tag === "svg" || make.svg.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
make.svg = new Set(["path", "line", "circle", "text", "g", "title"]);
