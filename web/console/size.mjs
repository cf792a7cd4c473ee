// Fails when the first page of the console loads more script than the budget. Charts, tables and dates come later, when
// a page that has them is opened; the sum of all is bounded too, so that nothing large slips in unseen.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const firstBudget = 280 * 1024; // bytes, gzip
const wholeBudget = 760 * 1024;
const dist = new URL("dist/", import.meta.url);
const size = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, dist))).length;
const page = readFileSync(new URL("index.html", dist), "utf8");
const first = [...page.matchAll(/assets\/([^"]+\.js)"/g)].reduce((sum, [, name]) => sum + size(name), 0);
const whole = readdirSync(new URL("assets/", dist))
  .filter((name) => name.endsWith(".js"))
  .reduce((sum, name) => sum + size(name), 0);
console.log(`${String(first).padStart(8)} of ${firstBudget} bytes of script before the first page, gzip`);
console.log(`${String(whole).padStart(8)} of ${wholeBudget} bytes of script in all`);
if (first > firstBudget || whole > wholeBudget) process.exit(1);
