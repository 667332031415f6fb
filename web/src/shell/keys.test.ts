import { describe, expect, it } from "vitest";
import { keyCaps, keyName, matchKeys } from "./keys";

const press = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) =>
  keyName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

describe("keys", () => {
  it("are named by what they print, and by what is held beside", () => {
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("K", { ctrlKey: true, shiftKey: true })).toBe("mod+shift+k");
    expect(press("k", { metaKey: true })).toBe("mod+k");
    expect(press("Enter", { shiftKey: true })).toBe("shift+Enter");
    expect(press(" ")).toBe("Space");
  });

  it("are matched as a row, the longest first, the latest of equals", () => {
    const commands = [{ keys: "t", n: 1 }, { keys: "g t", n: 2 }, { keys: "g t", n: 3 }, { n: 4 }];
    expect(matchKeys(commands, ["t"])?.n).toBe(1);
    expect(matchKeys(commands, ["x", "g", "t"])?.n).toBe(3);
    expect(matchKeys(commands, ["g"])).toBeUndefined();
  });

  it("are shown as keycaps", () => {
    expect(keyCaps("g t")).toEqual([["G"], ["T"]]);
    expect(keyCaps("mod+Enter")).toEqual([["Ctrl", "↵"]]);
  });
});
