import { describe, expect, it } from "vitest";
import { accepted, byField, type Refusal, Refused } from "./payload";

const refusals: Refusal[] = [
  { code: "INVALID", message: "title cannot be empty", path: ["input", "title"] },
  { code: "INVALID", message: "a rule needs a due date", path: ["input", "recurrence", "rule"] },
  { code: "CONFLICT", message: "the task has changed", path: ["input", "expectedVersion"] },
];

describe("a payload's errors", () => {
  it("are thrown, so that nobody takes a refusal for a success", () => {
    expect(() => accepted({ errors: refusals })).toThrow(Refused);
    expect(accepted({ errors: [] })).toEqual({ errors: [] });
  });

  it("go to the fields of the form, and what belongs to none is not dropped", () => {
    expect(byField(new Refused(refusals), ["title", "recurrence"])).toEqual({
      title: "Title cannot be empty.",
      recurrence: "A rule needs a due date.",
      "": "The task has changed.",
    });
  });

  it("are without the name of the field, which has its label", () => {
    const message = "expiresAt: must lie in the future";
    const named = new Refused([{ code: "INVALID", message, path: ["input", "expiresAt"] }]);
    expect(byField(named, ["expiresAt"])).toEqual({ expiresAt: "Must lie in the future." });
  });

  it("say whether somebody else was quicker", () => {
    expect(new Refused(refusals).conflict).toBe(true);
    expect(new Refused(refusals.slice(0, 2)).conflict).toBe(false);
  });
});
