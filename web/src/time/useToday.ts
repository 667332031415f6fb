// Today in the viewer's zone; changes when a new day begins there.
import { useEffect, useState } from "react";
import { useZone } from "@/session/session";
import { todayIn, untilTomorrow } from "./days";

const AN_HOUR = 3_600_000;

export function useToday(): { readonly today: string; readonly zone: string } {
  const zone = useZone();
  const [, tick] = useState(0);
  const today = todayIn(zone, new Date());
  useEffect(() => {
    // Not longer than an hour at a time: a machine that slept must not be late by its sleep.
    const again = () => {
      tick((count) => count + 1);
      timer = setTimeout(again, wait());
    };
    const wait = () => Math.min(untilTomorrow(zone, new Date()) + 50, AN_HOUR);
    let timer = setTimeout(again, wait());
    return () => clearTimeout(timer);
  }, [zone]);
  return { today, zone };
}
