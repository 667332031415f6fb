import { describe, expect, it } from "vitest";
import { agoText, dateTimeText, percentText, weekdayText } from "./instants";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const ago = (instant: string, locale = "en-GB") => agoText(instant, NOW, "Europe/Berlin", locale);

describe("an instant", () => {
  it("is told by how long ago it was, within a day", () => {
    expect(ago("2026-11-30T11:59:30Z")).toBe("now");
    expect(ago("2026-11-30T11:55:01Z")).toBe("4 minutes ago");
    expect(ago("2026-11-30T11:00:00Z")).toBe("1 hour ago");
    expect(ago("2026-11-29T12:00:01Z")).toBe("23 hours ago");
    expect(ago("2026-11-30T11:55:01Z", "de-DE")).toBe("vor 4 Minuten");
  });

  it("is told by its date and time in the viewer's zone before that", () => {
    expect(ago("2026-11-29T12:00:00Z")).toBe("29 Nov 2026, 13:00");
    expect(dateTimeText("2026-03-29T01:30:00Z", "Europe/Berlin", "de-DE")).toBe("29.03.2026, 03:30");
  });

  it("of a clock that is fast is not in the future", () => {
    expect(ago("2026-11-30T12:00:40Z")).toBe("now");
  });
});

describe("numbers", () => {
  it("as a day keep the day whatever the zone", () => {
    expect(weekdayText("2026-11-24", "en-GB")).toBe("Tue 24 Nov");
    expect(weekdayText("2026-11-24", "de-DE")).toBe("Di., 24. Nov.");
  });

  it("as per cent never say all for almost all", () => {
    expect(percentText(0.999, "en-GB")).toBe("99%");
    expect(percentText(1, "en-GB")).toBe("100%");
    expect(percentText(0.334, "de-DE")).toMatch(/^33\s%$/);
  });
});
