import { describe, expect, it } from "vitest";
import { allZones, findZones, likelyFirst, readOffset, zoneOf } from "./zones";

const NOW = new Date("2026-11-30T12:00:00Z");
const zones = allZones("Europe/Berlin", "en-GB", NOW);
const found = (text: string) => findZones(zones, text).map((zone) => zone.id);

describe("time zones", () => {
  it("are all that there are, with UTC and the current one, by offset", () => {
    expect(zones.length).toBeGreaterThan(400);
    expect(zones.filter((zone) => zone.id === "UTC")).toHaveLength(1);
    expect(allZones("US/Pacific", "en-GB", NOW).some((zone) => zone.id === "US/Pacific")).toBe(true);
    expect(zones.map((zone) => zone.offset)).toEqual(zones.map((zone) => zone.offset).sort((a, b) => a - b));
  });

  it("have the offset of today, not of summer", () => {
    expect(zoneOf("Europe/Berlin", "en-GB", NOW)?.offsetText).toBe("UTC+01:00");
    expect(zoneOf("Europe/Berlin", "en-GB", new Date("2026-07-01T12:00:00Z"))?.offsetText).toBe("UTC+02:00");
    expect(zoneOf("Asia/Kathmandu", "en-GB", NOW)?.offset).toBe(345);
    expect(zoneOf("America/St_Johns", "en-GB", NOW)?.offsetText).toBe("UTC\u221203:30");
    expect(zoneOf("UTC", "en-GB", NOW)?.offsetText).toBe("UTC");
  });

  it("that are likely wanted come first, each once", () => {
    const listed = likelyFirst(zones, ["Europe/Paris", "Europe/Atlantis", "UTC", "Europe/Paris"]);
    expect(listed.slice(0, 2).map((zone) => zone.id)).toEqual(["Europe/Paris", "UTC"]);
    expect(listed).toHaveLength(zones.length);
  });

  it("that do not exist are none", () => {
    expect(zoneOf("Europe/Atlantis", "en-GB", NOW)).toBeNull();
    expect(allZones("Europe/Atlantis", "en-GB", NOW).some((zone) => zone.id === "Europe/Atlantis")).toBe(false);
  });
});

describe("finding a zone", () => {
  it("goes by the beginning of the city first, in any case and without its underscores", () => {
    expect(found("new york")[0]).toBe("America/New_York");
    expect(found("BERL")[0]).toBe("Europe/Berlin");
    expect(found("york new")).toContain("America/New_York");
    expect(found("America/New_York")).toEqual(["America/New_York"]);
  });

  it("goes by the name of the time, with or without accents", () => {
    expect(found("central european")).toContain("Europe/Berlin");
    const german = allZones("Europe/Berlin", "de-DE", NOW);
    expect(findZones(german, "mitteleuropäisch").map((zone) => zone.id)).toContain("Europe/Zurich");
    expect(findZones(german, "mitteleuropaisch").map((zone) => zone.id)).toContain("Europe/Zurich");
  });

  it("goes by the offset however it is written", () => {
    for (const text of ["+1", "utc+1", "GMT+01:00", "+0100"]) expect(found(text)).toContain("Europe/Berlin");
    expect(found("+1")).not.toContain("Europe/London");
    expect(found("-3:30")).toContain("America/St_Johns");
    expect(readOffset("+99")).toBeNull();
    expect(readOffset("2")).toBeNull();
  });

  it("finds nothing for what is nowhere", () => {
    expect(found("atlantis")).toEqual([]);
  });
});
