// Which parts of a typed line are marked as understood. While the answer for the newest letters is on its way, the marks of
// the last answer stay where the text has not changed.

export interface Span {
  readonly field: string;
  readonly start: number;
  readonly end: number;
}

export interface Piece {
  readonly text: string;
  /** The field it gave; null: title. */
  readonly field: string | null;
  readonly start: number;
}

/** The spans that are still true of a text, of those that were found in another. */
export function stillTrue(spans: readonly Span[], parsed: string, text: string): readonly Span[] {
  if (parsed === text) return spans;
  const same = commonPrefix(parsed, text);
  // A span that ends where the change begins may have grown.
  return spans.filter((span) => span.end < same || (span.end === same && same === parsed.length && text[same] === " "));
}

/** The text cut at its spans, nothing lost; spans that overlap or lie outside are left out. */
export function pieces(text: string, spans: readonly Span[]): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const { field, start, end } of [...spans].sort((one, other) => one.start - other.start)) {
    if (start < at || end <= start || end > text.length) continue;
    if (start > at) found.push({ text: text.slice(at, start), field: null, start: at });
    found.push({ text: text.slice(start, end), field, start });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at), field: null, start: at });
  return found;
}

function commonPrefix(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}
