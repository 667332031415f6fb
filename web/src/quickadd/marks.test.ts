import { describe, expect, it } from "vitest";
import { pieces, stillTrue } from "./marks";

const TEXT = "Pay rent 🏠 tomorrow at 9 #home";
const span = (field: string, part: string) => ({
  field,
  start: TEXT.indexOf(part),
  end: TEXT.indexOf(part) + part.length,
});
const SPANS = [span("tagNames", "#home"), span("dueDate", "tomorrow at 9")];

describe("marks of what was understood", () => {
  it("cut the text without losing a letter, in UTF-16 units as the API counts", () => {
    const cut = pieces(TEXT, SPANS);
    expect(cut.map((piece) => piece.text).join("")).toBe(TEXT);
    expect(cut.filter((piece) => piece.field !== null).map((piece) => piece.text)).toEqual(["tomorrow at 9", "#home"]);
  });

  it("ignore spans that make no sense of this text", () => {
    const odd = [
      { field: "x", start: 2, end: 999 },
      { field: "y", start: 5, end: 5 },
      ...SPANS,
      { field: "z", start: 13, end: 20 },
    ];
    expect(pieces(TEXT, odd)).toEqual(pieces(TEXT, SPANS));
  });

  it("stay while more is typed behind them, and go where the text changes", () => {
    expect(stillTrue(SPANS, TEXT, `${TEXT} !high`)).toEqual(SPANS);
    expect(stillTrue(SPANS, TEXT, `${TEXT}work`)).toEqual([SPANS[1]]);
    expect(stillTrue(SPANS, TEXT, TEXT.replace("tomorrow", "today"))).toEqual([]);
    expect(stillTrue(SPANS, TEXT, "")).toEqual([]);
  });
});
