"use client";
// The colour picker over the page, beside the button that opened it. Escape leaves the colour as it was.
import { useLingui } from "@lingui/react/macro";
import { type RefObject, useRef, useState } from "react";
import { Dialog, Popover } from "react-aria-components";
import ColorPicker from "./ColorPicker";

interface Props {
  readonly trigger: RefObject<HTMLElement | null>;
  readonly label: string;
  readonly color: string;
  readonly onChoose: (color: string) => void;
  readonly onClose: () => void;
}

export default function ColorPopover({ trigger, label, color, onChoose, onClose }: Props) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState(color);
  const left = useRef(false);
  const close = () => {
    if (!left.current && chosen !== color.toUpperCase()) onChoose(chosen);
    onClose();
  };
  return (
    <Popover
      triggerRef={trigger}
      isOpen
      placement="bottom start"
      className="popover"
      onOpenChange={(open) => !open && close()}
    >
      <Dialog data-modal aria-label={label} className="outline-none">
        <div
          className="flex flex-col gap-3 p-3"
          onKeyDownCapture={(event) => {
            if (event.key === "Escape") left.current = true;
          }}
        >
          <ColorPicker color={chosen} onChange={setChosen} />
          <button type="button" className="btn btn-primary" onClick={close}>
            {t`Done`}
          </button>
        </div>
      </Dialog>
    </Popover>
  );
}
