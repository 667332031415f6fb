"use client";
// A small dialog beside the button that opened it.
import type { ReactNode, RefObject } from "react";
import { Dialog, Popover } from "react-aria-components";

interface Props {
  readonly label: string;
  readonly trigger: RefObject<Element | null>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Menu({ label, trigger, onClose, children }: Props) {
  return (
    <Popover
      isOpen
      triggerRef={trigger}
      placement="bottom start"
      offset={6}
      onOpenChange={(open) => !open && onClose()}
      className="popover w-72 max-w-[calc(100vw-1.5rem)]"
    >
      <Dialog aria-label={label} className="p-2 outline-none" data-modal>
        {children}
      </Dialog>
    </Popover>
  );
}
