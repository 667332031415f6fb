"use client";
// All pages, on phones.
import { useLingui } from "@lingui/react/macro";
import { Sheet } from "@/ui/Sheet";
import { NavLink } from "./NavLink";
import { PAGES } from "./pages";

export default function MoreSheet({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  return (
    <Sheet title={t`All pages`} onClose={onClose}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the links do the work, with keys too; this only closes behind them */}
      <ul className="flex flex-col gap-1 px-3 pb-6" onClick={onClose}>
        {PAGES.map((page) => (
          <li key={page.path}>
            <NavLink page={page} />
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
