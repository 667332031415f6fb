// One POST per operation: the document by its id, the session by its cookie. Says how it ended by what it throws.
import type { TypedDocumentString } from "@/gql/graphql";
import { type RequestError, RequestRefused, SignedOut, Unreachable } from "./failures";
import { reached, unreached } from "./reachability";
import { sessionEnded } from "./sessionEnd";

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly RequestError[];
}

/** Runs an operation. Throws Unreachable, SignedOut or RequestRefused; a payload's own errors are part of the result. */
export async function execute<Data, V>(
  document: TypedDocumentString<Data, V>,
  variables: V,
  signal?: AbortSignal,
): Promise<Data> {
  const response = await post({ documentId: document.__meta__?.hash, variables }, signal);
  const answer = await read<Data>(response);
  if (response.status === 401 || answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) {
    sessionEnded();
    throw new SignedOut();
  }
  if (answer.errors?.length || answer.data == null)
    throw new RequestRefused(response.status, answer.errors ?? [], seconds(response.headers.get("Retry-After")));
  return answer.data;
}

/** What all requests that outlive a page may have together is 64 KB. */
const MOST_KEPT_ALIVE = 16_000;

async function post(given: object, signal: AbortSignal | undefined): Promise<Response> {
  const body = JSON.stringify(given);
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json",
        "Tickler-Session": "cookie",
      },
      body,
      // What nobody can call off is a change: it gets there even if the page goes away meanwhile.
      ...(signal ? { signal } : { keepalive: body.length < MOST_KEPT_ALIVE }),
    });
    // What a proxy says for a gateway that is not there.
    if (response.status >= 502 && response.status <= 503) throw new Unreachable();
    reached();
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    unreached();
    throw new Unreachable();
  }
}

async function read<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return (await response.json()) as Answer<Data>;
  } catch {
    return {};
  }
}

function seconds(header: string | null): number | null {
  const value = Number(header);
  return header !== null && Number.isFinite(value) ? value : null;
}
