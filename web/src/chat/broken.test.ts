import { describe, expect, it } from "vitest";
import { readBreak } from "./broken";

describe("a reply that broke off", () => {
  it("is told by its paragraph, and what was said and done around it stays", () => {
    expect(readBreak("Once upon\n\na time\n\n[The answer broke off here.]\n\nDone:\n- added “Milk”")).toEqual({
      text: "Once upon\n\na time\n\nDone:\n- added “Milk”",
      isBroken: true,
    });
    expect(readBreak("[The answer broke off here.]")).toEqual({ text: "", isBroken: true });
  });

  it("is none where somebody only speaks of it", () => {
    const reply = "It said [The answer broke off here.] yesterday";
    expect(readBreak(reply)).toEqual({ text: reply, isBroken: false });
  });
});
