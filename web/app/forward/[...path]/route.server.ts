// Passes a request on to the API and its answer back, both as streams. proxy.server.ts leads here.
import { addressOf, isOfTheApi, passedBack, passedOn } from "@/server/forward";

export const dynamic = "force-dynamic";

async function forward(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/^\/forward/, "");
  if (!isOfTheApi(request.method, path)) return new Response(null, { status: 404 });
  try {
    const answer = await fetch(addressOf(path, url.search, process.env), {
      method: request.method,
      headers: passedOn(request.headers, process.env),
      body: request.body,
      redirect: "manual",
      cache: "no-store",
      signal: request.signal,
      ...(request.body === null ? {} : { duplex: "half" }),
    } as RequestInit);
    return new Response(answer.body, { status: answer.status, headers: passedBack(answer.headers) });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    // biome-ignore lint/suspicious/noConsole: the log of the server
    console.error("The API was not reached:", error instanceof Error ? error.message : error);
    return Response.json({ errors: [{ message: "the API cannot be reached" }] }, { status: 502 });
  }
}

export {
  forward as DELETE,
  forward as GET,
  forward as HEAD,
  forward as OPTIONS,
  forward as PATCH,
  forward as POST,
  forward as PUT,
};
