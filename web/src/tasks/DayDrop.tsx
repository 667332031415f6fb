"use client";
// A day that tasks can be dropped on: with the pointer, with keys, and by those who use a screen reader.
import { type ReactNode, useRef } from "react";
import { useDrop } from "react-aria";
import { drag, draggedRow } from "./dragging";
import type { Row } from "./rows";

interface Props {
  readonly day: string;
  readonly label: string;
  readonly onMove: (row: Row, day: string) => void;
  readonly children: ReactNode;
}

export default function DayDrop({ day, label, onMove, children }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const { dropProps, isDropTarget } = useDrop({
    ref,
    onDrop: () => {
      const row = draggedRow();
      drag(null);
      if (row !== null) onMove(row, day);
    },
  });
  return (
    <div
      {...dropProps}
      ref={ref}
      role="button"
      tabIndex={-1}
      aria-label={label}
      className={`flex w-full cursor-default items-baseline gap-2 rounded ${isDropTarget ? "bg-selected outline-2 outline-accent" : ""}`}
    >
      {children}
    </div>
  );
}
