"use client";
// A round of the colour; a press chooses another. The picker is loaded when it is first wanted.
import { useRef, useState } from "react";
import { lazily } from "@/ui/lazily";

const ColorPopover = lazily(() => import("./ColorPopover"));

interface Props {
  readonly color: string;
  readonly label: string;
  readonly onChoose: (color: string) => void;
}

export function ColorButton({ color, label, onChoose }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="btn-icon"
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(true)}
      >
        <span
          aria-hidden="true"
          className="size-4.5 rounded-full ring-1 ring-edge/60 ring-offset-2 ring-offset-panel"
          style={{ backgroundColor: color }}
        />
      </button>
      {open && (
        <ColorPopover trigger={button} label={label} color={color} onChoose={onChoose} onClose={() => setOpen(false)} />
      )}
    </>
  );
}
