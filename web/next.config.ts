// Two outputs of one source: NEXT_OUTPUT=export writes out/ for the gateway, NEXT_OUTPUT=standalone a server for the
// frontend pod. In development the API is that of TICKLER_API_URL.
import type { NextConfig } from "next";

const output = process.env.NEXT_OUTPUT;
if (output !== undefined && output !== "export" && output !== "standalone")
  throw new Error(`NEXT_OUTPUT is export or standalone, not ${output}`);

const API = process.env.TICKLER_API_URL ?? "http://127.0.0.1:8000";

const config: NextConfig = {
  ...(output ? { output } : { rewrites: async () => [{ source: "/graphql", destination: `${API}/graphql` }] }),
  // Files that only a server can have (the forwarding to the API, the policy) end in .server.ts: an export has no server.
  pageExtensions: output === "standalone" ? ["tsx", "server.ts"] : ["tsx"],
  poweredByHeader: false,
  reactStrictMode: true,
  trailingSlash: false,
  images: { unoptimized: true },
  // `pnpm typecheck` is a step of its own.
  typescript: { ignoreBuildErrors: true },
  outputFileTracingRoot: import.meta.dirname,
  turbopack: {
    root: import.meta.dirname,
    // React Aria brings its words in 34 languages; only ours go into the bundle.
    rules: { "**/dist/private/intl/**/*.mjs": { loaders: ["./src/i18n/only-our-locales.cjs"] } },
  },
  experimental: {
    // Lingui 5 runs on Node 20; the plugin has to name messages as that does.
    swcPlugins: [["@lingui/swc-plugin", { useLinguiV5IdGeneration: true }]],
    // The pages are static: what a link fetched once serves for the whole visit, also while the server is away.
    staleTimes: { static: 24 * 60 * 60, dynamic: 0 },
  },
};

export default config;
