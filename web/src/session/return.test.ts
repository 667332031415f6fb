import { describe, expect, it } from "vitest";
import { returnPath, signInAddress } from "./return";

describe("the way back after signing in", () => {
  it("leads to where one was, with its filter and its open task", () => {
    const there = "/all?status=open&task=7";
    const next = new URL(signInAddress(there), "http://here.test").searchParams.get("next");
    expect(returnPath(next)).toBe(there);
  });

  it.each([
    "https://evil.test/",
    "//evil.test/x",
    "/\\evil.test",
    "javascript:alert(1)",
    "/sign-in?next=/all",
    "",
    null,
  ])("leads nowhere but into this UI: %s", (next) => {
    expect(returnPath(next)).toBe("/");
  });

  it("does not lead back to the sign-in page itself", () => {
    expect(signInAddress("/sign-up")).toBe("/sign-in");
  });
});
