// Draws only the lines in sight of a scrolled element.
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import { inSight, layOut, scrolledTo } from "./windowing";

export interface Window {
  /** The first line to draw, and the one behind the last. */
  readonly range: readonly [number, number];
  readonly startOf: (index: number) => number;
  /** The height of all. */
  readonly height: number;
  readonly scrollTo: (index: number) => void;
}

const MORE = 8;

export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  heightOf: (index: number) => number,
): Window {
  const layout = useMemo(() => layOut(count, heightOf), [count, heightOf]);
  const [view, setView] = useState({ top: 0, height: 900 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller]);
  const scrollTo = useCallback(
    (index: number) => {
      const element = scroller.current;
      if (element) element.scrollTop = scrolledTo(layout, index, element.scrollTop, element.clientHeight);
    },
    [layout, scroller],
  );
  return {
    range: inSight(layout, view.top, view.height, MORE),
    startOf: (index) => layout.starts[index] ?? 0,
    height: layout.starts[count] ?? 0,
    scrollTo,
  };
}
