"use client";
// The page /settings. Each part is a file of its own; another part is another <Section>.
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { AllowSetting } from "@/notifications/AllowCard";
import { viewerQuery } from "@/session/session";
import { PageFrame } from "@/shell/PageFrame";
import { Shown } from "@/ui/States";
import { ApiTokens } from "./ApiTokens";
import { Appearance } from "./Appearance";
import { DeleteAccount } from "./DeleteAccount";
import { Profile } from "./Profile";
import { Section } from "./Section";
import { Sessions } from "./Sessions";

export function SettingsPage() {
  const { t } = useLingui();
  const query = useQuery(viewerQuery);
  return (
    <PageFrame title={t`Settings`}>
      <div className="h-full overflow-y-auto px-4 pb-8 md:px-6">
        <div className="flex max-w-3xl flex-col gap-4">
          <Shown query={query}>
            {(viewer) => (
              <>
                <Profile key={viewer.id} viewer={viewer} />
                <Appearance />
                <Section title={t`Notifications`}>
                  <AllowSetting />
                </Section>
                <ApiTokens />
                <Sessions />
                <DeleteAccount viewer={viewer} />
              </>
            )}
          </Shown>
        </div>
      </div>
    </PageFrame>
  );
}
