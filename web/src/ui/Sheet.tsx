"use client";
// A dialog over the page: in the middle of wide screens, from the bottom on phones. Escape and a press outside close it.
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Icon } from "./Icon";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** Its title is only for those who cannot see it. */
  readonly bare?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function Sheet({ title, onClose, bare = false, wide = false, children }: Props) {
  const { t } = useLingui();
  useOpener();
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
      className="fixed inset-0 z-40 flex items-end justify-center bg-black/40 md:items-start md:pt-[12vh]"
    >
      <Modal
        className={`max-h-[85dvh] w-full overflow-hidden rounded-t-2xl border border-line bg-raised shadow-float md:max-h-[76vh] md:rounded-2xl ${wide ? "md:max-w-2xl" : "md:max-w-lg"}`}
      >
        <Dialog data-modal className="flex max-h-[inherit] flex-col outline-none">
          <div className={bare ? "sr-only" : "flex items-center gap-2 px-5 pt-4 pb-2"}>
            <Heading slot="title" className="flex-1 text-base font-semibold">
              {title}
            </Heading>
            {!bare && (
              <button type="button" className="btn-icon" aria-label={t`Close`} onClick={onClose}>
                <Icon name="close" />
              </button>
            )}
          </div>
          <div className="min-h-0 overflow-y-auto">{children}</div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** React Aria gives the focus back; but now and then not where a dialog is closed in the moment in which it has opened. */
function useOpener(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      const giveBack = () => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
      };
      // Behind its own frame.
      requestAnimationFrame(() => requestAnimationFrame(giveBack));
    },
    [opener],
  );
}
