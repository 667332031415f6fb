"use client";
// What a task is taken by to be moved to another day.
import { useLingui } from "@lingui/react/macro";
import { useRef } from "react";
import { useButton, useDrag } from "react-aria";
import { Icon } from "@/ui/Icon";
import { drag } from "./dragging";
import type { Row } from "./rows";

export default function DragHandle({ row, active }: { row: Row; active: boolean }) {
  const { t } = useLingui();
  const ref = useRef<HTMLButtonElement>(null);
  const { dragProps, dragButtonProps, isDragging } = useDrag({
    getItems: () => [{ "text/plain": row.title }],
    onDragStart: () => drag(row),
    onDragEnd: () => drag(null),
    getAllowedDropOperations: () => ["move"],
  });
  const { buttonProps } = useButton({ ...dragButtonProps, "aria-label": t`Move ${row.title} to another day` }, ref);
  return (
    <div {...dragProps} className={isDragging ? "opacity-50" : ""}>
      <button
        {...buttonProps}
        ref={ref}
        tabIndex={active ? 0 : -1}
        className="grid size-8 cursor-grab place-items-center rounded text-muted opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      >
        <Icon name="grip" className="size-4 stroke-[3]" />
      </button>
    </div>
  );
}
