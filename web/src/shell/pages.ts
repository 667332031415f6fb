// The pages: where they are, their names, and the keys that lead there.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { IconName } from "@/ui/Icon";

export interface PageEntry {
  readonly path: string;
  readonly name: MessageDescriptor;
  readonly icon: IconName;
  readonly keys: string;
}

export const LISTS: readonly PageEntry[] = [
  { path: "/", name: msg`Today`, icon: "today", keys: "g t" },
  { path: "/upcoming", name: msg`Upcoming`, icon: "upcoming", keys: "g u" },
  { path: "/overdue", name: msg`Overdue`, icon: "overdue", keys: "g o" },
  { path: "/all", name: msg`All tasks`, icon: "all", keys: "g a" },
  { path: "/completed", name: msg`Completed`, icon: "completed", keys: "g c" },
  { path: "/trash", name: msg`Trash`, icon: "trash", keys: "g x" },
];

export const MORE: readonly PageEntry[] = [
  { path: "/tags", name: msg`Tags`, icon: "tag", keys: "g l" },
  { path: "/dashboard", name: msg`Dashboard`, icon: "dashboard", keys: "g d" },
  { path: "/notifications", name: msg`Notifications`, icon: "bell", keys: "g n" },
  { path: "/chat", name: msg`Chat`, icon: "chat", keys: "g h" },
  { path: "/settings", name: msg`Settings`, icon: "settings", keys: "g s" },
];

export const PAGES = [...LISTS, ...MORE];
