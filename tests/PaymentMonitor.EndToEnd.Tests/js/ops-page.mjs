// The operations page in Chromium under the load of a simulated fleet, for people rather than tests:
//   node ops-page.mjs cost PROGRAM [SECONDS]     how long scripts run in a frame, with 2,000 machines and 2,000 events/s
//   node ops-page.mjs pictures PROGRAM FOLDER    the pictures in docs/images
// PROGRAM is a built 'paymentmonitor'. It runs where playwright-core is installed: in this folder beside the built tests, once they have run.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [task, program, target] = process.argv.slice(2);
const children = [];

/** Starts the program and gives the first line that matches. */
function start(args, pattern) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  children.push(child);
  return new Promise((done, failed) => {
    const seen = {};
    createInterface({ input: child.stdout }).on("line", (line) => {
      for (const [name, part] of Object.entries(pattern)) seen[name] ??= part.exec(line)?.[1];
      if (Object.keys(pattern).every((name) => seen[name])) done(seen);
    });
    child.on("exit", (code) => failed(new Error(`'${args[0]}' ended with ${code}`)));
  });
}

async function open(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await page.locator("#live[data-state=live]").waitFor();
  return page;
}

// What runs scripts, collections included, as Chromium's tracing calls it. A script within another counts once. A frame ends with its commit.
const scripts = new Set(["FunctionCall", "EvaluateScript", "RunMicrotasks", "MajorGC", "MinorGC"]);

// By the wall's clock, or by the processor's, which does not count what other programs took meanwhile.
function frames(events, clock) {
  const onPage = (e) => e.name === "FunctionCall" && e.args?.data?.url?.includes("/ops/");
  const main = events.find(onPage);
  const mine = events.filter((e) => e.pid === main?.pid && e.tid === main?.tid).sort((a, b) => a.ts - b.ts);
  const ends = mine.filter((e) => e.name === "Commit").map((e) => e.ts);
  const spent = new Array(ends.length).fill(0);
  let [frame, end] = [0, 0];
  for (const { name, ts, dur, tdur } of mine) {
    while (ends[frame] < ts) frame++;
    if (frame < ends.length && dur && scripts.has(name) && ts >= end) {
      spent[frame] += (clock === "processor" ? tdur ?? dur : dur) / 1000;
      end = ts + dur;
    }
  }
  return spent;
}

async function cost(browser) {
  const seconds = Number(target ?? 20);
  const { link } = await start(["demo", "--machines", "2000", "--rate", "2000", "--seconds", String(seconds + 60), "--journal", "memory"], { link: /^Look +(\S+)/ });
  const page = await open(browser, link);
  await page.locator(".tile strong", { hasText: /^(1,9\d\d|2,000)$/ }).first().waitFor();
  await browser.startTracing(page, { categories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8"] });
  let [events, messages] = [[], 0];
  const server = page.locator(".tile").nth(1).locator("strong");
  for (; messages < seconds; messages++) {
    events.push(Number((await server.innerText()).replaceAll(",", "")));
    await page.waitForTimeout(1000);
  }
  const trace = JSON.parse((await browser.stopTracing()).toString()).traceEvents;
  console.log(`${seconds} s, ${Math.round(events.reduce((a, b) => a + b, 0) / seconds)} events/s on the page`);
  for (const clock of ["processor", "wall"]) {
    const spent = frames(trace, clock).sort((a, b) => a - b);
    const at = (part) => spent[Math.min(spent.length - 1, Math.floor(part * spent.length))]?.toFixed(2);
    console.log(`${spent.length} frames; script in one by the ${clock}'s clock: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)} ms; ${spent.filter((ms) => ms > 4).length} above 4 ms`);
  }
}

/** Business systems: one that answers, and a port on which nobody does. */
async function shops() {
  const shop = createServer((request, answer) => request.resume().on("end", () => answer.writeHead(204).end()));
  await new Promise((done) => shop.listen(0, "127.0.0.1", done));
  const gone = createServer();
  await new Promise((done) => gone.listen(0, "127.0.0.1", done));
  const port = gone.address().port;
  await new Promise((done) => gone.close(done));
  return [`http://127.0.0.1:${shop.address().port}/orders`, `http://127.0.0.1:${port}/erp`];
}

async function pictures(browser) {
  const data = mkdtempSync(join(tmpdir(), "paymentmonitor-pictures-"));
  process.on("exit", () => rmSync(data, { recursive: true, force: true }));
  const { url, key } = await start(
    ["serve", "--urls", "http://127.0.0.1:0", "--data", data, "--demo-credentials", "--webhook-allow-private"], { key: /(pm_operator_\w+)/, url: /^Listening on (\S+)/ });
  const call = async (method, path, body) => {
    const answer = await fetch(new URL(path, url), { method, headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  const [answering, dead] = await shops();
  await call("POST", "/api/webhooks", { url: answering, machines: ["m0007", "m0042", "m0311"] });
  await call("POST", "/api/webhooks", { url: dead, machines: ["m0007"], types: ["order.created"] });
  start(["simulate", "--endpoint", url, "--api-key", key, "--machines", "2000", "--rate", "600", "--seconds", "300", "--journal", "memory", "--faults", "heavy"], { never: /^$a/ }).catch(() => {});
  const address = `${url}/ops/#key=${key}`.replace("//ops", "/ops");
  const shot = (page, name) => page.screenshot({ path: join(target, `operations-${name}.png`) });

  const dark = await open(browser, address, { colorScheme: "dark" });
  await dark.waitForTimeout(90_000);
  await shot(dark, "fleet");
  const light = await open(browser, address, { colorScheme: "light" });
  await light.waitForTimeout(20_000);
  await shot(light, "fleet-light");

  // An order that was told to a business system, with reports that came late.
  const orders = (await Promise.all(["m0007", "m0042", "m0311"].map((machine) => call("GET", `/api/orders?machineId=${machine}&status=Completed&limit=50`)))).flatMap((found) => found.items);
  const disorder = (order) => order.events.filter((e, i, all) => i > 0 && e.eventTime < all[i - 1].eventTime).length;
  const told = orders.sort((a, b) => disorder(b) - disorder(a) || b.events.length - a.events.length)[0];
  await call("PUT", "/api/reconciliation", {
    payments: 4812, refunds: 39, unsettled: 7,
    differences: [
      { kind: "refund-missing", paymentId: "p-20931", order: `${told.machineId}/${told.orderId}`, sentence: "The payment p-20931 of 250 EUR (minor units) is ordered back since 2026-11-24 21:14:03Z, and not refunded in the statement." },
      { kind: "unknown-payment", paymentId: "p-20977", order: null, sentence: "320 EUR (minor units) were paid at 2026-11-24 21:40:55Z as p-20977 for 'ref-88120', and no order knows of it." },
    ],
  });
  const story = `#/order/${encodeURIComponent(told.machineId)}/${encodeURIComponent(told.orderId)}`;
  for (const [page, suffix] of [[dark, ""], [light, "-light"]]) {
    await page.evaluate((hash) => (location.hash = hash), story);
    await page.locator(".story .delivery").first().waitFor();
    await shot(page, `order${suffix}`);
    await page.evaluate(() => (location.hash = "#/attention"));
    await page.locator("td", { hasText: "every delivery fails" }).waitFor();
    await page.locator("td", { hasText: "no order knows of it" }).waitFor();
    await page.screenshot({ path: join(target, `operations-attention${suffix}.png`), fullPage: true });
  }
  const phone = await open(browser, address, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "dark", locale: "zh-CN" });
  await phone.waitForTimeout(15_000);
  await shot(phone, "phone");
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"] });
try {
  await { cost, pictures }[task](browser);
} finally {
  await browser.close();
  for (const child of children) child.kill();
}
process.exit(0);
