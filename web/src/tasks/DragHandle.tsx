"use client";
// What a task is taken by to be moved to another day. With the pointer it goes on any line of that day (dragging.ts); with keys
// and a screen reader, React Aria leads from heading to heading (DayDrop).
import { useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";
import { useButton, useDrag } from "react-aria";
import { Icon } from "@/ui/Icon";
import { drag } from "./dragging";
import type { Row } from "./rows";

export default function DragHandle({ row, active }: { row: Row; active: boolean }) {
  const { t } = useLingui();
  const ref = useRef<HTMLButtonElement>(null);
  const [pulled, setPulled] = useState(false);
  const { dragButtonProps } = useDrag({
    getItems: () => [{ "text/plain": row.title }],
    onDragStart: () => drag(row),
    onDragEnd: () => drag(null),
    getAllowedDropOperations: () => ["move"],
    hasDragButton: true,
  });
  const { buttonProps } = useButton({ ...dragButtonProps, "aria-label": t`Move ${row.title} to another day` }, ref);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: for the pointer; the button in it is for all others
    <div
      draggable
      className={pulled ? "opacity-50" : ""}
      onDragStart={(event) => {
        event.dataTransfer.setData("text/plain", row.title);
        event.dataTransfer.effectAllowed = "move";
        drag(row);
        setPulled(true);
      }}
      onDragEnd={() => {
        drag(null);
        setPulled(false);
      }}
    >
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
