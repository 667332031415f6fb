// Priorities, states and sorts in words.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Priority, TaskStatus } from "@/gql/graphql";
import type { SortName, TagMode } from "./filter";

export const PRIORITY_NAMES: Record<Priority, MessageDescriptor> = {
  URGENT: msg`Urgent`,
  HIGH: msg`High`,
  MEDIUM: msg`Medium`,
  LOW: msg`Low`,
  NONE: msg`No priority`,
};

export const STATUS_NAMES: Record<TaskStatus, MessageDescriptor> = {
  OPEN: msg`Open`,
  COMPLETED: msg`Completed`,
  SKIPPED: msg`Skipped`,
};

export const SORT_NAMES: Record<SortName, MessageDescriptor> = {
  due: msg`Due date`,
  priority: msg`Priority`,
  title: msg`Title`,
  created: msg`Created`,
  updated: msg`Changed`,
  completed: msg`Completed at`,
  relevance: msg`Relevance`,
};

export const TAG_MODE_NAMES: Record<TagMode, MessageDescriptor> = {
  any: msg`Any of these`,
  all: msg`All of these`,
  only: msg`Only these`,
  none: msg`None of these`,
};
