"use client";
// A link that opens a task over the page one is on: ?task=ID, beside what the address says already.
import { usePathname, useSearchParams } from "next/navigation";
import type { MouseEvent, ReactNode } from "react";
import { openTask } from "@/tasks/openTask";

interface Props {
  readonly id: string;
  readonly className?: string | undefined;
  readonly onOpen?: (() => void) | undefined;
  readonly children: ReactNode;
}

export function TaskLink({ id, className, onOpen, children }: Props) {
  const path = usePathname();
  const params = new URLSearchParams(useSearchParams().toString());
  params.set("task", id);
  const address = `${path}?${params}`;
  const onClick = (event: MouseEvent) => {
    onOpen?.();
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    openTask(id);
  };
  return (
    <a href={address} className={className} onClick={onClick}>
      {children}
    </a>
  );
}
