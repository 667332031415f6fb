// The colours that are offered for tags: far enough from each other, and seen on light and on dark.
export const PALETTE = [
  "#E5484D",
  "#F76B15",
  "#D9A400",
  "#46A758",
  "#12A594",
  "#0090C8",
  "#3E63DD",
  "#8E4EC6",
  "#D6409F",
  "#A18072",
  "#808080",
  "#4B5563",
] as const;

/** The colour of the palette that the fewest tags have; grey is for those who choose it. */
export function leastUsed(colors: readonly string[]): string {
  const count = (color: string) => colors.filter((other) => other.toUpperCase() === color).length;
  return PALETTE.slice(0, 10).reduce((best, color) => (count(color) < count(best) ? color : best));
}
