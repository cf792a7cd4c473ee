// Fails when a first visit loads more script than the budget. Everything of the build counts, also what is loaded later.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budget = 200 * 1024; // bytes, gzip: design/faces
const assets = new URL("dist/assets/", import.meta.url);
const sizes = readdirSync(assets)
  .filter((name) => name.endsWith(".js"))
  .map((name) => [name, gzipSync(readFileSync(new URL(name, assets))).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [name, size] of sizes) console.log(`${String(size).padStart(8)} ${name}`);
console.log(`${String(total).padStart(8)} of ${budget} bytes of script, gzip`);
if (total > budget) process.exit(1);
