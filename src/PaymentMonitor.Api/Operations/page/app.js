// Puts the page together: sign-in, the live feed, the views, and what the keyboard does.

import { call, forgetKey, hasKey, keepKey, takeKeyFromLink } from "./api.js";
import { Attention } from "./attention.js";
import { History } from "./charts.js";
import { FleetModel } from "./fleet.js";
import { duration, make, milliseconds, whole, write } from "./format.js";
import { LiveFeed } from "./live.js";
import { Overview } from "./overview.js";
import { read, verdict } from "./snapshot.js";
import { MachineStory, OrderStory } from "./story.js";
import { language, say, sayAll, setLanguage } from "./text.js";

const find = (id) => document.getElementById(id);
const state = { fleet: new FleetModel(), history: new History(), snapshot: null, session: null };
let feed = null;
let view = null;
let connection = "connecting";
let undrawn = [];
let frame = 0;

// What a message changes is drawn a part in each frame, so that no frame waits for all of it. A newer message replaces what is left.
function draw() {
  undrawn = [tell, ...(view?.parts() ?? [])];
  frame ||= requestAnimationFrame(drawNext);
}

function drawNext() {
  undrawn.shift()?.();
  frame = undrawn.length > 0 ? requestAnimationFrame(drawNext) : 0;
}

function show() {
  undrawn = [];
  view?.end();
  const [route, ...parts] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const views = {
    attention: () => new Attention(state, ask),
    machine: () => new MachineStory(state, parts[0]),
    order: () => new OrderStory(parts[0], parts[1]),
  };
  view = (views[route] ?? (() => new Overview(state, (hash) => (location.hash = hash))))();
  find("view").replaceChildren(view.element);
  for (const link of document.querySelectorAll("[data-route]")) {
    if (link.dataset.route === (views[route] ? route : "fleet")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** The values of a sentence as people read them: counts, and one time. */
const told = ({ p99, ...counts }) => ({ p99: milliseconds(p99), ...Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, whole(n)])) });

function tell() {
  const { key, level, values } = verdict(state.snapshot, connection);
  find("verdict").dataset.level = level;
  const [title, detail] = [say(key), level === "wait" ? "" : say(`${key}Detail`, told(values))];
  // Only what differs is written: a screen reader should not read the same sentence each second.
  write(find("verdict-title"), title);
  write(find("verdict-detail"), detail);
  const live = say({ live: "live", connecting: "connecting", offline: "offline" }[connection]);
  write(find("live"), live);
  find("live").dataset.state = connection;
  const now = state.snapshot;
  const waiting = now?.waiting ?? 0;
  find("nav-count").hidden = waiting === 0;
  find("nav-count").textContent = whole(waiting);
  find("server").textContent = now ? say("version_uptime", { version: now.version, uptime: duration(now.uptime) }) : "";
}

function take(message) {
  const now = read(message);
  state.fleet.take(now.machines, now.time);
  state.snapshot = now;
  state.history.add(now.time, {
    events: now.events, decisions: now.decisions, receiptP50: now.receipt?.p50, receiptP99: now.receipt?.p99, decisionP50: now.decision?.p50, decisionP99: now.decision?.p99,
  });
  feed.settled();
  draw();
}

function connect() {
  feed?.end();
  feed = new LiveFeed({
    onSnapshot: take,
    onState: (now) => {
      connection = now;
      tell();
    },
    onRefused: () => {
      forgetKey();
      signIn(say("wrongKey"));
    },
    onSession: (session) => {
      const isOther = session.role !== state.session?.role;
      state.session = session;
      find("sign-out").hidden = false;
      if (isOther) show();
    },
  });
}

function signIn(error = "") {
  find("sign-in-error").textContent = error;
  if (!find("sign-in").open) find("sign-in").showModal();
  find("key").focus();
}

/** Asks before something is changed, and says in the dialog what was refused. */
function ask({ title, why, label, fields, act }) {
  find("ask-title").textContent = title;
  find("ask-why").textContent = why;
  find("ask-do").textContent = label;
  find("ask-error").textContent = "";
  find("ask-fields").replaceChildren(...fields.map((field) => make("label", {}, make("span", {}, field.label),
    field.options
      ? make("select", { name: field.name, required: true }, Object.entries(field.options).map(([value, text]) => make("option", { value }, text)))
      : make("input", { name: field.name, required: true, maxlength: "200" }))));
  find("ask-form").onsubmit = async (e) => {
    e.preventDefault();
    find("ask-do").disabled = true;
    try {
      await act(Object.fromEntries(new FormData(find("ask-form"))));
      find("ask").close();
    } catch (refusal) {
      find("ask-error").textContent = refusal.message;
    } finally {
      find("ask-do").disabled = false;
    }
  };
  find("ask").showModal();
}

function speak() {
  sayAll();
  find("language").textContent = say("languageShort");
  show();
  tell();
}

function paint(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  find("theme").textContent = isDark() ? "☀" : "☾";
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  localStorage.setItem("theme", theme);
  paint(theme);
  show();
}

find("sign-in-form").addEventListener("submit", async (e) => {
  e.preventDefault();
  keepKey(find("key").value.trim());
  try {
    await call("/api/ops/negotiate", { method: "POST" });
    find("sign-in").close();
    find("key").value = "";
    connect();
  } catch (refusal) {
    forgetKey();
    find("sign-in-error").textContent = refusal.status === 401 || refusal.status === 403 ? say("wrongKey") : refusal.message;
  }
});
// Escape must not leave an empty page behind.
find("sign-in").addEventListener("cancel", (e) => e.preventDefault());
find("ask-cancel").addEventListener("click", () => find("ask").close());
find("sign-out").addEventListener("click", () => {
  forgetKey();
  location.hash = "#/";
  location.reload();
});
find("theme").addEventListener("click", toggleTheme);
find("language").addEventListener("click", () => {
  setLanguage(language() === "zh" ? "en" : "zh");
  speak();
});
find("find").addEventListener("submit", (e) => {
  e.preventDefault();
  const [machine, order] = find("find-text").value.trim().split("/");
  if (machine) location.hash = order ? `#/order/${encodeURIComponent(machine)}/${encodeURIComponent(order)}` : `#/machine/${encodeURIComponent(machine)}`;
});

let prefix = "";
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.("input, select, dialog")) return;
  const pressed = prefix + e.key;
  prefix = e.key === "g" ? "g" : "";
  if (pressed === "/") find("find-text").focus();
  else if (pressed === "gf") location.hash = "#/";
  else if (pressed === "ga") location.hash = "#/attention";
  else if (pressed === "t") toggleTheme();
  else return;
  e.preventDefault();
});
addEventListener("hashchange", () => {
  show();
  find("main").focus({ preventScroll: true });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  paint();
  show();
});

takeKeyFromLink();
paint(localStorage.getItem("theme"));
speak();
if (hasKey()) connect();
else signIn();
