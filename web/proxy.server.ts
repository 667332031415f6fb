// Stands before every request of the frontend pod's server: the API's go on to it, pages get their policy.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type NextRequest, NextResponse } from "next/server";
import { isOfTheApi } from "@/server/forward";
import { policyOf } from "@/server/policy";

const PAGES = join(process.cwd(), ".next", "server", "app");
const policies = new Map<string, Promise<string>>();

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { pathname, search } = request.nextUrl;
  if (isOfTheApi(request.method, pathname)) {
    // A path of our own, whatever the caller says the host is.
    const address = request.nextUrl.clone();
    address.pathname = `/forward${pathname}`;
    address.search = search;
    return NextResponse.rewrite(address);
  }
  if (pathname.startsWith("/forward/")) return new NextResponse(null, { status: 404 });
  if (pathname === "/livez") return new NextResponse("ok");
  const response = NextResponse.next();
  response.headers.set("Content-Security-Policy", await policyFor(pathname));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

/** Of a page's prerendered text; of a path that is none, that of the page that says so. */
function policyFor(pathname: string): Promise<string> {
  const page = /^\/[\w-]*$/.test(pathname) ? pathname.slice(1) || "index" : "_not-found";
  const known = policies.get(page);
  if (known) return known;
  const made = readFile(join(PAGES, `${page}.html`), "utf8").then(policyOf, () =>
    page === "_not-found" ? policyOf("") : policyFor("/_not-found"),
  );
  // Only of pages that there are, so that made-up paths do not pile up.
  if (KNOWN.has(page)) policies.set(page, made);
  return made;
}

const KNOWN = new Set([
  "index",
  "upcoming",
  "overdue",
  "all",
  "completed",
  "trash",
  "tags",
  "dashboard",
  "notifications",
  "chat",
  "settings",
  "sign-in",
  "sign-up",
  "_not-found",
]);
