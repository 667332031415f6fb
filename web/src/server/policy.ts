// The content security policy of a page, for the frontend pod's own server. It says what the gateway says of the same page
// (api/web_policy.py): our own files, and what is inline by the hash of what the build put there.
import { createHash } from "node:crypto";

/** React Aria puts these two into a page as it runs: for what is pressed, and while a dialog is open on iOS. */
const REACT_ARIA = [
  "@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}",
  "@layer {\n  * {\n    overscroll-behavior: contain;\n  }\n}",
];

const REST = [
  "connect-src 'self'",
  "img-src 'self' data:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
];

/** Of a page as it was prerendered; of everything else for "". */
export function policyOf(html: string): string {
  const page = html.replace(/\r\n?/g, "\n");
  const scripts = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, code = ""]) => code);
  const styles = [...page.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map(([, code = ""]) => code);
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes(scripts)].join(" "),
    ["style-src 'self'", ...hashes([...REACT_ARIA, ...styles])].join(" "),
    ...REST,
  ].join("; ");
}

function hashes(texts: readonly string[]): readonly string[] {
  const found = new Set(texts.map((text) => createHash("sha256").update(text).digest("base64")));
  return [...found].sort().map((hash) => `'sha256-${hash}'`);
}
