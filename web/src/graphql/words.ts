// Failures in words a person can act on.

import type { I18n } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { RequestRefused, SignedOut, Unreachable, Unsaved } from "./failures";
import { Refused, sentence } from "./payload";

export function inWords(error: unknown, i18n: I18n): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof Unreachable) return i18n._(msg`The server cannot be reached. Nothing was lost; try again.`);
  if (error instanceof SignedOut) return i18n._(msg`Your session has ended. Sign in again.`);
  if (error instanceof Unsaved)
    return i18n._(msg`What was typed into the task is not saved, so that nothing was done. Open it to see why.`);
  if (error instanceof RequestRefused) {
    if (error.code === "RATE_LIMITED")
      return i18n._(msg`Too many requests in a short time. Wait a little and try again.`);
    return sentence(error.message);
  }
  return i18n._(msg`Something went wrong on this page. Try again.`);
}
