// Keys as keycaps.
import { keyCaps } from "@/shell/keys";

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex items-center gap-1">
      {keyCaps(keys).map((caps, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text, which never move
        <kbd key={place} className="kbd">
          {caps.join(" ")}
        </kbd>
      ))}
    </span>
  );
}
