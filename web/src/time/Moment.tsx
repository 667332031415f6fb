"use client";
// An instant on the screen: how long ago it was, with the whole of it where the pointer rests.
import { useSyncExternalStore } from "react";
import { useLocale } from "@/i18n/useLocale";
import { useZone } from "@/session/session";
import { agoText, dateTimeText } from "./instants";

const STEP = 30_000;

/** Now, to half a minute; it goes on by itself. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, roundedNow, roundedNow);
}

export function Moment({ at, className }: { at: string; className?: string }) {
  const now = useNow();
  const zone = useZone();
  const locale = useLocale();
  return (
    <time dateTime={at} title={dateTimeText(at, zone, locale)} className={className}>
      {agoText(at, now, zone, locale)}
    </time>
  );
}

function roundedNow(): number {
  return Math.floor(Date.now() / STEP) * STEP;
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, STEP);
  return () => clearInterval(timer);
}
