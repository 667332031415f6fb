// Scrolling that follows what is new while the reader is at the end, and leaves everybody else where they read.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR = 48;

export function useStick(box: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>, begin: string) {
  const stuck = useRef(true);
  const height = useRef(0);
  const [below, setBelow] = useState(false);

  const toEnd = useCallback(() => {
    stuck.current = true;
    setBelow(false);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [box]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation begins at its end
  useLayoutEffect(toEnd, [begin, toEnd]);

  useEffect(() => {
    const place = box.current;
    const inner = content.current;
    if (place === null || inner === null) return;
    const onScroll = () => {
      stuck.current = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
      if (stuck.current) setBelow(false);
    };
    const observer = new ResizeObserver(() => {
      if (stuck.current) place.scrollTop = place.scrollHeight;
      else if (place.scrollHeight > height.current) setBelow(true);
      height.current = place.scrollHeight;
    });
    place.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    observer.observe(place);
    return () => {
      place.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [box, content]);

  /** Call before what comes at the top: what is read stays in its place when it is there. */
  const keepPlace = useCallback(() => {
    const place = box.current;
    if (place === null) return () => undefined;
    const fromEnd = place.scrollHeight - place.scrollTop;
    return () => {
      stuck.current = false;
      place.scrollTop = place.scrollHeight - fromEnd;
      height.current = place.scrollHeight;
      setBelow(false);
    };
  }, [box]);

  return { below, toEnd, keepPlace };
}
