"use client";
// Shows the toasts. The region is always there, so that screen readers hear what comes into it.
import { useLingui } from "@lingui/react/macro";
import { Icon } from "@/ui/Icon";
import { dismiss, hold, start, type Toast, useToasts } from "./toasts";

export function Toasts() {
  const { t } = useLingui();
  const toasts = useToasts();
  return (
    <section
      aria-label={t`Messages`}
      aria-live="polite"
      aria-relevant="additions"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-50 flex flex-col items-center gap-2 px-4 md:bottom-6"
    >
      {toasts.map((shown) => (
        <Card key={shown.id} shown={shown} />
      ))}
    </section>
  );
}

function Card({ shown }: { shown: Toast }) {
  const { t } = useLingui();
  const { action } = shown;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing to do here; it only stays while it is looked at
    <div
      className={`pointer-events-auto flex max-w-full items-center gap-1 rounded-xl border py-1 pr-1 pl-4 shadow-float ${shown.kind === "failed" ? "border-danger bg-danger-soft text-danger" : "border-line bg-raised"}`}
      onPointerEnter={() => hold(shown.id)}
      onPointerLeave={() => start(shown)}
      onFocus={() => hold(shown.id)}
      onBlur={() => start(shown)}
    >
      <span className="min-w-0 py-1.5 text-sm [overflow-wrap:anywhere]">{shown.text}</span>
      {action && (
        <button
          type="button"
          className="btn btn-quiet text-accent"
          onClick={() => {
            dismiss(shown.id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="btn-icon" aria-label={t`Dismiss`} onClick={() => dismiss(shown.id)}>
        <Icon name="close" className="size-4" />
      </button>
    </div>
  );
}
