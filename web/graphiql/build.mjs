// Bundles GraphiQL into index.html and assets/, content-hashed: node build.mjs [folder, default dist].
// The page works under script-src 'self' and font-src 'self'; a file that would fetch from elsewhere fails the build.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = path.resolve(process.argv[2] ?? "dist");

/** GraphiQL's stylesheet has its fonts inside as data: URLs: they become files, so that the policy needs no data: fonts. */
const fontsAsFiles = {
  name: "fonts-as-files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^data:font\// }, ({ path: url }) => {
      const [, kind, base64] = /^data:font\/(\w+);base64,(.*)$/s.exec(url);
      const contents = Buffer.from(base64, "base64");
      const name = createHash("sha256").update(contents).digest("hex").slice(0, 8);
      return { namespace: "font", path: `font-${name}.${kind}`, pluginData: contents };
    });
    onLoad({ filter: /./, namespace: "font" }, ({ pluginData }) => ({ contents: pluginData, loader: "file" }));
  },
};

/** GraphiQL's stylesheet already holds Monaco's: without this every lazy chunk leaves one more copy that nothing loads. */
const monacoStylesOnce = {
  name: "monaco-styles-once",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "empty" }));
  },
};

/** GraphiQL asks for Prettier's parsers by their old names, which are CommonJS without named exports: Prettify would fail. */
const prettierAsModules = {
  "prettier/parser-babel": "prettier/plugins/babel",
  "prettier/parser-graphql": "prettier/plugins/graphql",
};

async function bundle(entryPoints, define = {}) {
  const { metafile } = await build({
    absWorkingDir: here,
    alias: prettierAsModules,
    assetNames: "[name]-[hash]",
    bundle: true,
    chunkNames: "[name]-[hash]",
    define: { "process.env.NODE_ENV": '"production"', ...define },
    entryNames: "[name]-[hash]",
    entryPoints,
    format: "esm",
    legalComments: "linked",
    logLevel: "warning",
    metafile: true,
    minify: true,
    outdir: path.join(out, "assets"),
    plugins: [fontsAsFiles, monacoStylesOnce],
    splitting: true,
    target: "es2022",
  });
  refuseForeign(metafile.outputs);
  return metafile.outputs;
}

/** Whatever was left as an import, url() or @import of something outside the bundle would be a request at run time. */
function refuseForeign(outputs) {
  for (const [file, { imports }] of Object.entries(outputs)) {
    for (const { external, path: address } of imports) {
      if (external && !address.startsWith("data:image/")) throw new Error(`${file} would load ${address.slice(0, 200)}`);
    }
  }
}

/** The output's file name for an entry's source, e.g. main.js -> main-ABC.js. */
function nameOf(outputs, name, extension) {
  const files = Object.keys(outputs).map((file) => path.basename(file));
  const found = files.find((file) => file.startsWith(`${name}-`) && file.endsWith(extension));
  if (!found) throw new Error(`the bundle has no ${name}-*${extension}`);
  return found;
}

await rm(out, { recursive: true, force: true });
const workers = await bundle({
  "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
  "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
});
const workerFiles = Object.fromEntries(
  ["editor", "graphql", "json"].map((label) => [label, nameOf(workers, `${label}.worker`, ".js")]),
);
const page = await bundle({ main: "src/main.js" }, { WORKER_FILES: JSON.stringify(workerFiles) });

const template = await readFile(path.join(here, "src", "index.html"), "utf8");
const html = template.replace("main.css", nameOf(page, "main", ".css")).replace("main.js", nameOf(page, "main", ".js"));
await writeFile(path.join(out, "index.html"), html);
