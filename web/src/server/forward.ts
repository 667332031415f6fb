// What the frontend pod's server passes on to the API, and where that is: through the Dapr sidecar beside it, by service
// invocation, or directly at TICKLER_API_URL.

/** These are the API's, whatever the method. */
const PATHS = /^\/(graphql|graphiql|mcp|calendar|readyz)(\/|$)/;

/** Of these the API has the POST, and the UI a page. */
const POSTED = new Set(["/chat"]);

/** What a sidecar may read as another path than we do. */
const AMBIGUOUS = /%2e|%2f|%5c|\\|\/\//i;

export function isOfTheApi(method: string, path: string): boolean {
  if (AMBIGUOUS.test(path)) return false;
  return PATHS.test(path) || (method === "POST" && POSTED.has(path));
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The address of a path of the API. Throws where the environment says neither way. */
export function addressOf(path: string, search: string, environment: Environment): string {
  const { TICKLER_API_URL: direct, TICKLER_API_APP_ID: app, DAPR_HTTP_PORT: port = "3500" } = environment;
  if (direct) return direct.replace(/\/+$/, "") + path + search;
  if (!app) throw new Error("Set TICKLER_API_APP_ID (the API's name in Dapr) or TICKLER_API_URL");
  return `http://127.0.0.1:${port}/v1.0/invoke/${app}/method${path}${search}`;
}

/** The API's answer to a request, both bodies as streams. */
export async function forward(request: Request, environment: Environment): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  try {
    const answer = await fetch(addressOf(pathname, search, environment), {
      method: request.method,
      headers: passedOn(request.headers, environment),
      body: request.body,
      redirect: "manual",
      cache: "no-store",
      signal: request.signal,
      ...(request.body === null ? {} : { duplex: "half" }),
    } as RequestInit);
    if (environment.TICKLER_API_URL || answer.headers.has(OF_THE_API))
      return new Response(answer.body, { status: answer.status, headers: passedBack(answer.headers) });
    // It is the sidecar's own: 500 where the API is away, 401 where it does not take our token. The page must not take it
    // for the API's, as if its session were over.
    return notReached(`${answer.status} ${(await answer.text()).slice(0, MOST_LOGGED)}`);
  } catch (error) {
    return notReached(request.signal.aborted ? null : error);
  }
}

/** Every answer of the API has it. */
const OF_THE_API = "x-request-id";
const MOST_LOGGED = 500;

function notReached(why: unknown): Response {
  // biome-ignore lint/suspicious/noConsole: the log of the server
  if (why !== null) console.error("The API was not reached:", why);
  return Response.json({ errors: [{ message: "the API cannot be reached" }] }, { status: 502 });
}

/** Headers of the one connection, and those that fetch writes itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The caller's headers, and who it was that called: the API compares a page's origin with the host it was asked for. */
export function passedOn(headers: Headers, environment: Environment): Headers {
  const passed = without(headers, HOP_BY_HOP);
  const host = headers.get("host");
  if (host !== null && !passed.has("x-forwarded-host")) passed.set("x-forwarded-host", host);
  // The body comes through as it is; what fetch unpacks would have to be packed again.
  passed.set("accept-encoding", "identity");
  const token = environment.DAPR_API_TOKEN;
  if (token && !environment.TICKLER_API_URL) passed.set("dapr-api-token", token);
  return passed;
}

/** The API's headers; each cookie keeps its own. */
export function passedBack(headers: Headers): Headers {
  return without(headers, new Set([...HOP_BY_HOP, "content-encoding"]));
}

function without(headers: Headers, left: ReadonlySet<string>): Headers {
  const kept = new Headers();
  for (const [name, value] of headers) if (!left.has(name)) kept.append(name, value);
  return kept;
}
