// What a person who cannot see, or who holds a small phone, would complain about.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } };
const summary = String((found) => found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`));

// colours is what can be wrong by night that was right by day; shapes is everything else.
export const colours = { runOnly: ["color-contrast"] };
export const shapes = { ...rules, rules: { "color-contrast": { enabled: false } } };

// inspect returns what axe finds wrong with the page as it stands, and how much wider than the window it is.
export async function inspect(page, name, what = rules) {
  const found = await page.evaluate(`${axe}; axe.run(document, ${JSON.stringify(what)}).then(${summary})`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found.push(`${wide} px too wide`);
  return found.map((line) => `${name}: ${line}`);
}

// watchShifts makes pages opened later note how far what is already shown is pushed about by what comes after.
export const watchShifts = (page) =>
  page.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) {
        if (shift.hadRecentInput) continue;
        globalThis.shifts.push({ value: shift.value, of: shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 90) ?? node?.nodeName ?? "?") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });

const unnoticed = 0.01; // of the window, summed up; browsers call a page good below 0.1

// shiftsOf returns the shifts since the page was opened, if anybody would notice them.
export async function shiftsOf(page, name) {
  const shifts = await page.evaluate(() => globalThis.shifts);
  if (shifts.reduce((sum, { value }) => sum + value, 0) <= unnoticed) return [];
  return shifts.map(({ value, of }) => `${name}: moved by ${value.toFixed(3)}: ${of.slice(0, 2).join(" | ")}`);
}
