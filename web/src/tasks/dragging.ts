// Dragging a task to another day: what is dragged, and dropping it with the pointer on any line of that day. Dropping with
// keys goes to the headings (DayDrop).
import { type DragEvent, useRef } from "react";
import type { Row } from "./rows";

let dragged: Row | null = null;

export function drag(row: Row | null): void {
  dragged = row;
}

export function draggedRow(): Row | null {
  return dragged;
}

interface Drop {
  readonly onDragOver?: (event: DragEvent) => void;
  readonly onDragLeave?: (event: DragEvent) => void;
  readonly onDrop?: (event: DragEvent) => void;
}

export function useRowDrop(onMove: ((row: Row, day: string) => void) | null): Drop {
  const marked = useRef<Element | null>(null);
  if (onMove === null) return {};
  const mark = (element: Element | null) => {
    if (marked.current === element) return;
    marked.current?.removeAttribute("data-drop");
    element?.setAttribute("data-drop", "");
    marked.current = element;
  };
  const lineOf = (event: DragEvent) => (event.target as Element).closest("[data-group]");
  return {
    onDragOver: (event) => {
      const line = lineOf(event);
      if (dragged === null || line === null) return mark(null);
      event.preventDefault();
      mark(line);
    },
    onDragLeave: () => mark(null),
    onDrop: (event) => {
      const day = lineOf(event)?.getAttribute("data-group");
      mark(null);
      if (dragged === null || !day) return;
      event.preventDefault();
      onMove(dragged, day);
      dragged = null;
    },
  };
}
