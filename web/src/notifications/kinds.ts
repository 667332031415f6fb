// What a notification tells of, in words and as a sign.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { NotificationKind } from "@/gql/graphql";
import type { IconName } from "@/ui/Icon";

export const KINDS: Record<NotificationKind, { readonly name: MessageDescriptor; readonly icon: IconName }> = {
  REMINDER_DUE: { name: msg`Reminder`, icon: "bell" },
  TASK_OVERDUE: { name: msg`Overdue`, icon: "overdue" },
  RECURRENCE_SPAWNED: { name: msg`Next occurrence`, icon: "repeat" },
};
