// Prints how much JavaScript each page of the export loads before it can be used, gzipped, and fails above the limit.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const OUT = new URL("../out/", import.meta.url);
const LISTS = new Set(["index", "upcoming", "overdue", "all", "completed", "trash"]);

if (!existsSync(OUT)) {
  console.error("There is no out/: run NEXT_OUTPUT=export pnpm build first.");
  process.exit(2);
}
const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, OUT)), { level: 6 }).length);
  return sizes.get(file);
};

let over = false;
for (const name of readdirSync(OUT)) {
  if (!name.endsWith(".html") || name.startsWith("_")) continue;
  const html = readFileSync(new URL(name, OUT), "utf8");
  // What the page names anywhere: its script tags, and the chunks in the router's payload that are loaded at once.
  const files = new Set([...html.matchAll(/_next\/static\/chunks\/[\w.~-]+\.js/g)].map(([file]) => file));
  for (const [file] of html.matchAll(/_next\/static\/chunks\/[\w.~-]+\.js(?=" noModule)/gi)) files.delete(file);
  const page = name.replace(/\.html$/, "");
  const kilobytes = [...files].reduce((sum, file) => sum + size(file), 0) / 1000;
  const limited = LISTS.has(page);
  if (limited && kilobytes > LIMIT_KB) over = true;
  console.log(`${page.padEnd(16)} ${kilobytes.toFixed(1).padStart(7)} KB${limited ? ` of ${LIMIT_KB}` : ""}`);
}
if (over) process.exit(1);
