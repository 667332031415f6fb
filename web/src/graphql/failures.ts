// What can go wrong between the page and the gateway, as kinds of error that the rest of the UI tells apart.

/** The gateway was not reached, or what stands before it said so. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** There is no session, or it has ended. */
export class SignedOut extends Error {
  override name = "SignedOut";
}

/** Nothing was asked for: what was typed into the task before could not be saved. */
export class Unsaved extends Error {
  override name = "Unsaved";
}

export interface RequestError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The gateway refused the request as a whole, or failed. */
export class RequestRefused extends Error {
  override name = "RequestRefused";

  constructor(
    readonly status: number,
    readonly errors: readonly RequestError[],
    /** Seconds to wait, where the gateway says so. */
    readonly retryAfter: number | null,
  ) {
    super(errors[0]?.message ?? `The server answered with status ${status}.`);
  }

  /** The code of the first error, such as INVALID or RATE_LIMITED. */
  get code(): string | null {
    const code = this.errors[0]?.extensions?.code;
    return typeof code === "string" ? code : null;
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** Whether asking again can help without anybody changing anything. */
export function mayPass(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof RequestRefused && error.passing);
}
