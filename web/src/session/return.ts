// The way back after signing in: where one was, and nowhere but in this UI.

/** The address of /sign-in that leads back to here. */
export function signInAddress(path: string): string {
  return path === "/" || path.startsWith("/sign-") ? "/sign-in" : `/sign-in?next=${encodeURIComponent(path)}`;
}

/** A path of this UI from ?next=; anything else, such as another site, is the start page. */
export function returnPath(next: string | null): string {
  if (next === null || !next.startsWith("/") || /^\/[/\\]/.test(next)) return "/";
  try {
    const url = new URL(next, "http://here.invalid");
    if (url.host !== "here.invalid" || url.pathname.startsWith("/sign-")) return "/";
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}
