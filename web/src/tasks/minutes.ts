// Minutes before a due date, in words.
import type { I18n } from "@lingui/core";
import { msg, plural } from "@lingui/core/macro";

const DAY = 1440;

/** Those that are offered. */
export const OFFERED_MINUTES = [0, 15, 30, 60, DAY, 7 * DAY] as const;

export function minutesText(minutes: number, i18n: I18n): string {
  if (minutes === 0) return i18n._(msg`When it is due`);
  if (minutes % (7 * DAY) === 0) {
    const weeks = minutes / (7 * DAY);
    return plural(weeks, { one: "# week before", other: "# weeks before" });
  }
  if (minutes % DAY === 0) {
    const days = minutes / DAY;
    return plural(days, { one: "# day before", other: "# days before" });
  }
  if (minutes % 60 === 0) {
    const hours = minutes / 60;
    return plural(hours, { one: "# hour before", other: "# hours before" });
  }
  return plural(minutes, { one: "# minute before", other: "# minutes before" });
}
