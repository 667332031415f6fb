"use client";
// The conversations on narrow screens.
import { useLingui } from "@lingui/react/macro";
import { Sheet } from "@/ui/Sheet";
import { ConversationList } from "./ConversationList";

export default function ConversationsSheet({ slot, onClose }: { slot: string; onClose: () => void }) {
  const { t } = useLingui();
  return (
    <Sheet title={t`Conversations`} onClose={onClose}>
      <div className="px-3 pb-6">
        <ConversationList slot={slot} onChosen={onClose} />
      </div>
    </Sheet>
  );
}
