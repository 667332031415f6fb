// One field of the open task: its icon, its name, what it is, and what was refused.
import type { ReactNode } from "react";
import { Icon, type IconName } from "@/ui/Icon";

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly error?: string | undefined;
  readonly children: ReactNode;
}

export function FieldRow({ icon, label, error, children }: Props) {
  return (
    <section className="grid grid-cols-[1.25rem_1fr] gap-x-3" aria-label={label}>
      <Icon name={icon} className="mt-0.5 size-4.5 text-muted" />
      <div className="min-w-0">
        <h2 className="label mb-1">{label}</h2>
        {children}
        <p role="alert" className="error mt-1 empty:hidden">
          {error}
        </p>
      </div>
    </section>
  );
}
