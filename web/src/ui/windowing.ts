// Which lines of a long list are in sight, where every line's height is known beforehand.

export interface Layout {
  /** Where each line begins, and behind the last the height of all. */
  readonly starts: Float64Array;
}

export function layOut(count: number, heightOf: (index: number) => number): Layout {
  const starts = new Float64Array(count + 1);
  for (let index = 0; index < count; index++) starts[index + 1] = (starts[index] ?? 0) + heightOf(index);
  return { starts };
}

/** The first line in sight and the one behind the last, with so many more on both sides. */
export function inSight({ starts }: Layout, top: number, height: number, more: number): readonly [number, number] {
  const count = starts.length - 1;
  const first = lineAt(starts, top);
  const last = lineAt(starts, top + height);
  return [Math.max(0, first - more), Math.min(count, last + 1 + more)];
}

/** How far to scroll so that a line is in sight; where it is, not at all. */
export function scrolledTo({ starts }: Layout, index: number, top: number, height: number): number {
  const [from = 0, to = 0] = [starts[index], starts[index + 1]];
  if (from < top) return from;
  return to > top + height ? to - height : top;
}

/** The line at a place, by halving. */
function lineAt(starts: Float64Array, place: number): number {
  let [low, high] = [0, Math.max(0, starts.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
