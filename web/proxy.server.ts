// Stands before every request of the frontend pod's server: the API's go on to it, pages get their policy.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type NextRequest, NextResponse } from "next/server";
import { forward, isOfTheApi } from "@/server/forward";
import { policyOf } from "@/server/policy";

/** What Next.js has prerendered, beside the server. */
const PAGES = join(process.cwd(), ".next", "server", "app");
const NOT_FOUND = "_not-found";
const MOST_KEPT = 100;
const policies = new Map<string, string>();

export async function proxy(request: NextRequest): Promise<Response> {
  const { pathname } = request.nextUrl;
  if (isOfTheApi(request.method, pathname)) return forward(request, process.env);
  if (pathname === "/livez") return new NextResponse("ok");
  const response = NextResponse.next();
  response.headers.set("Content-Security-Policy", await policyFor(pathname));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

/** Of a page's prerendered text; of a path that is none, that of the page that says so. */
async function policyFor(pathname: string): Promise<string> {
  const page = /^\/[\w-]*$/.test(pathname) ? pathname.slice(1) || "index" : NOT_FOUND;
  const kept = policies.get(page);
  if (kept !== undefined) return kept;
  const html = await readFile(join(PAGES, `${page}.html`), "utf8").catch(() => null);
  if (html === null) return page === NOT_FOUND ? policyOf("") : policyFor(`/${NOT_FOUND}`);
  const made = policyOf(html);
  if (policies.size < MOST_KEPT) policies.set(page, made);
  return made;
}
