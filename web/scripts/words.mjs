// Splits the compiled words of each language in two: those of the lists, which the first load brings, and all others. Where a
// text is used is what the .po files say of it.
import { readFileSync, writeFileSync } from "node:fs";
import { generateMessageId } from "@lingui/message-utils/generateMessageId";

const FOLDER = new URL("../src/i18n/locales/", import.meta.url);
const FIRST = /^src\/(shell|tasks|quickadd|ui|graphql|time|session|i18n)\//;

const first = idsOfTheFirst(readFileSync(new URL("en.po", FOLDER), "utf8"));
for (const locale of ["en", "de"]) {
  const messages = Object.entries(compiled(locale));
  write(
    `${locale}.first.ts`,
    messages.filter(([id]) => first.has(id)),
  );
  write(
    `${locale}.more.ts`,
    messages.filter(([id]) => !first.has(id)),
  );
}

/** What `lingui compile` has written, id by id. */
function compiled(locale) {
  const source = readFileSync(new URL(`${locale}.ts`, FOLDER), "utf8");
  const [, text] = /JSON\.parse\(("(?:[^"\\]|\\.)*")\)/s.exec(source) ?? [];
  if (text === undefined) throw new Error(`src/i18n/locales/${locale}.ts is not what lingui compile writes`);
  return JSON.parse(JSON.parse(text));
}

function idsOfTheFirst(po) {
  const ids = new Set();
  for (const block of po.split("\n\n")) {
    const origins = [...block.matchAll(/^#: (.*)$/gm)].flatMap(([, line]) => line.split(" "));
    const [, lines] = /^msgid ((?:"(?:[^"\\]|\\.)*"\n?)+)/m.exec(block) ?? [];
    if (lines === undefined || !origins.some((origin) => FIRST.test(origin))) continue;
    ids.add(generateMessageId([...lines.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text)).join("")));
  }
  return ids;
}

function write(name, entries) {
  const text = JSON.stringify(JSON.stringify(Object.fromEntries(entries)));
  writeFileSync(new URL(name, FOLDER), `export const messages = JSON.parse(${text}) as Record<string, unknown>;\n`);
}
