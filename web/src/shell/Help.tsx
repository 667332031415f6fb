"use client";
// The shortcuts of what is on the screen, by group.
import { useLingui } from "@lingui/react/macro";
import { Keys } from "@/ui/Keys";
import { Sheet } from "@/ui/Sheet";
import { useAllCommands } from "./shortcuts";

export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const commands = useAllCommands().filter((command) => command.keys !== undefined);
  const groups = [...new Set(commands.map((command) => command.group))].sort();
  return (
    <Sheet title={t`Keyboard shortcuts`} onClose={onClose} wide>
      <div className="grid gap-x-10 gap-y-5 px-5 pb-6 sm:grid-cols-2">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="label mb-1.5">{group}</h3>
            <dl>
              {commands
                .filter((command) => command.group === group)
                .map((command) => (
                  <div key={command.id} className="flex items-center justify-between gap-4 py-1">
                    <dt>{command.name}</dt>
                    <dd>
                      <Keys keys={command.keys ?? ""} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Sheet>
  );
}
