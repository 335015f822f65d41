// A person at the operations page, in Chromium: usage: node browser.mjs EXECUTABLE
import { chromium } from "playwright-core";
import { drive } from "./driven.mjs";

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let page;
const errors = [];

await drive({
  async open({ url, width = 1280, height = 900, scheme = "light", locale = "en-GB" }) {
    await page?.context().close();
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (e) => errors.push(String(e)));
    // What the browser says of a refused or unreachable address is the test's doing.
    page.on("console", (m) => m.type() === "error" && !/Failed to load resource|WebSocket connection/.test(m.text()) && errors.push(m.text()));
    await page.goto(url);
  },
  goto: ({ hash }) => page.evaluate((h) => (location.hash = h), hash).then(() => null),
  // Waits until the text is there, as long as a person would.
  see: ({ selector, text }) => page.locator(selector).filter({ hasText: text }).first().waitFor(),
  gone: ({ selector }) => page.locator(selector).waitFor({ state: "hidden" }),
  text: ({ selector }) => page.locator(selector).first().innerText(),
  texts: ({ selector }) => page.locator(selector).allInnerTexts(),
  click: ({ selector, text }) => page.locator(selector).filter({ hasText: text ?? "" }).first().click(),
  fill: ({ selector, value }) => page.locator(selector).fill(value),
  choose: ({ selector, value }) => page.locator(selector).selectOption(value),
  press: ({ keys }) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve()),
  focus: ({ selector }) => page.locator(selector).focus(),
  url: () => page.url(),
  overflow: () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
  errors: () => errors,
  colour: ({ selector, property }) => page.locator(selector).first().evaluate((e, p) => getComputedStyle(e)[p], property),
  // The keys that a language lacks, and those that the page's own files ask for and none has.
  missingTexts: () => page.evaluate(async () => {
    const { texts } = await import("/ops/text.js");
    const files = await Promise.all(["app", "attention", "fleet", "format", "overview", "story"].map((name) => fetch(`/ops/${name}.js`).then((r) => r.text())));
    const asked = [...files.join("\n").matchAll(/say\("(\w+)"/g)].map((m) => m[1]);
    const marked = [...document.querySelectorAll("[data-text], [data-label], [data-placeholder]")].flatMap((e) => [e.dataset.text, e.dataset.label, e.dataset.placeholder]).filter(Boolean);
    const [en, zh] = [Object.keys(texts.en), Object.keys(texts.zh)];
    return [...en.filter((k) => !zh.includes(k)), ...zh.filter((k) => !en.includes(k)), ...[...asked, ...marked].filter((k) => !en.includes(k))];
  }),
});
