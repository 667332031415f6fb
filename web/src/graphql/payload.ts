// A payload's own errors: what the API refuses, to be shown at the field that is to blame.
import type { ErrorCode } from "@/gql/graphql";
import { inOurLanguage } from "./serverWords";

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: readonly string[];
}

/** Thrown for a payload with errors, so that a mutation has one way to fail. */
export class Refused extends Error {
  override name = "Refused";

  constructor(readonly errors: readonly Refusal[]) {
    super(errors.map((error) => sentence(error.message)).join(" "));
  }

  /** Whether somebody else changed it first. */
  get conflict(): boolean {
    return this.errors.some((error) => error.code === "CONFLICT");
  }
}

/** The payload, if it has no errors. Throws Refused. */
export function accepted<P extends { readonly errors: readonly Refusal[] }>(payload: P): P {
  if (payload.errors.length > 0) throw new Refused(payload.errors);
  return payload;
}

/** The messages by the fields of a form; what belongs to none of them is under "". A path may begin with "input". */
export function byField(error: unknown, fields: readonly string[]): Readonly<Record<string, string>> {
  if (!(error instanceof Refused)) return {};
  const messages: Record<string, string> = {};
  for (const refusal of error.errors) {
    const field = refusal.path.find((part) => fields.includes(part)) ?? "";
    messages[field] = [messages[field], sentence(withoutField(refusal))].filter(Boolean).join(" ");
  }
  return messages;
}

/** A message that begins with the name of its field ("expiresAt: must lie in the future") stands at that field anyhow. */
export function withoutField({ message, path }: Pick<Refusal, "message" | "path">): string {
  const name = `${path.at(-1)}: `;
  return message.startsWith(name) ? message.slice(name.length) : message;
}

/** A message of the gateway, which begins small and ends without a full stop, in the language of the page. */
export function sentence(said: string): string {
  const message = inOurLanguage(said);
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
