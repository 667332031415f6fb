"use client";
// Offers notifications of the browser, where nobody has said yes or no. The browser asks after the press, not before.
import { Trans } from "@lingui/react/macro";
import { Icon } from "@/ui/Icon";
import { allow, turnOff, usePermission } from "./permission";

export function AllowCard() {
  const permission = usePermission();
  if (permission !== "default") return null;
  return (
    <div className="card flex flex-wrap items-center gap-3 px-4 py-3">
      <Icon name="bell" className="size-5 text-accent" />
      <p className="min-w-48 flex-1 text-sm">
        <Trans>Let this browser tell you of reminders while a page of Tickler is open.</Trans>
      </p>
      <button type="button" className="btn btn-primary" onClick={() => void allow()}>
        <Trans>Allow</Trans>
      </button>
    </div>
  );
}

/** The same in the settings, where it can be turned off too. */
export function AllowSetting() {
  const permission = usePermission();
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="min-w-48 flex-1 text-sm text-muted" role="status">
        {permission === "granted" && (
          <Trans>This browser tells you of reminders while a page of Tickler is open.</Trans>
        )}
        {permission === "off" && <Trans>Turned off for Tickler in this browser.</Trans>}
        {permission === "default" && (
          <Trans>This browser can tell you of reminders while a page of Tickler is open.</Trans>
        )}
        {permission === "denied" && (
          <Trans>The browser's settings refuse notifications of this site; they can be allowed only there.</Trans>
        )}
        {permission === "unsupported" && (
          <Trans>This browser has none to offer here: they need https, or Tickler on this machine.</Trans>
        )}
      </p>
      {(permission === "default" || permission === "off") && (
        <button type="button" className="btn" onClick={() => void allow()}>
          <Trans>Allow</Trans>
        </button>
      )}
      {permission === "granted" && (
        <button type="button" className="btn" onClick={turnOff}>
          <Trans>Turn off</Trans>
        </button>
      )}
    </div>
  );
}
