// Priorities in words.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Priority } from "@/gql/graphql";

export const PRIORITY_WORDS: Record<Priority, MessageDescriptor> = {
  URGENT: msg`Urgent`,
  HIGH: msg`High`,
  MEDIUM: msg`Medium`,
  LOW: msg`Low`,
  NONE: msg`No priority`,
};
