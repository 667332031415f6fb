"use client";
// The page /chat: conversations with the assistant. Which one is open stands in the address.
import { useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearchParams } from "next/navigation";
import { useCallback, useEffect, useRef, useState } from "react";
import { viewerQuery } from "@/session/session";
import { PageFrame } from "@/shell/PageFrame";
import { useCommands } from "@/shell/shortcuts";
import { Icon } from "@/ui/Icon";
import { lazily } from "@/ui/lazily";
import { Shown } from "@/ui/States";
import { NEW, resume, takeOver } from "./answering";
import { ConversationList } from "./ConversationList";
import { ConversationView } from "./ConversationView";

const ConversationsSheet = lazily(() => import("./ConversationsSheet"));

export function ChatPage() {
  const { t } = useLingui();
  const router = useRouter();
  const client = useQueryClient();
  const [listed, setListed] = useState(false);
  const slot = useSearchParams().get("conversation") ?? NEW;
  const viewer = useQuery(viewerQuery);
  const id = viewer.data?.id;
  useEffect(() => {
    if (id !== undefined) resume(client, id);
  }, [client, id]);
  const caret = useRef<number | null>(null);
  const onBegun = useCallback((begun: string, typingAt: number | null) => {
    caret.current = typingAt;
    const params = new URLSearchParams(window.location.search);
    params.set("conversation", begun);
    window.history.replaceState(null, "", `${window.location.pathname}?${params}`);
  }, []);
  const begin = () => {
    caret.current = null;
    takeOver(NEW);
    router.push("/chat");
  };
  useCommands([{ id: "chat new", name: t`New conversation`, keys: "n", group: t`Chat`, run: begin }]);
  return (
    <PageFrame
      title={t`Chat`}
      actions={
        <>
          <button
            type="button"
            className="btn-icon lg:hidden"
            aria-label={t`Conversations`}
            onClick={() => setListed(true)}
          >
            <Icon name="history" />
          </button>
          <button type="button" className="btn-icon lg:hidden" aria-label={t`New conversation`} onClick={begin}>
            <Icon name="plus" />
          </button>
        </>
      }
    >
      <div className="flex h-full min-h-0 border-t border-line">
        <div className="hidden w-64 shrink-0 overflow-y-auto border-r border-line p-3 lg:block">
          <ConversationList slot={slot} />
        </div>
        <div className="min-w-0 flex-1">
          <Shown query={viewer}>
            {() => <ConversationView key={slot} slot={slot} onBegun={onBegun} caret={caret.current} />}
          </Shown>
        </div>
      </div>
      {listed && <ConversationsSheet slot={slot} onClose={() => setListed(false)} />}
    </PageFrame>
  );
}
