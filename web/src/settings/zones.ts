// Time zones to choose from, and finding them by city, by country as the browser writes it, by offset or by name.

export interface Zone {
  readonly id: string;
  /** Such as "New York"; what is before it is the region. */
  readonly city: string;
  readonly region: string;
  /** Minutes ahead of UTC now. */
  readonly offset: number;
  /** Such as "UTC+05:30". */
  readonly offsetText: string;
  /** Such as "Central European Time". */
  readonly name: string;
  /** Everything it can be found by, plain. */
  readonly words: string;
}

/** All zones that the browser knows, and UTC, and this one, which may be an older name. By offset, then by name. */
export function allZones(current: string, locale: string, now: Date): readonly Zone[] {
  const ids = new Set([...Intl.supportedValuesOf("timeZone"), "UTC", current]);
  return [...ids]
    .flatMap((id) => zoneOf(id, locale, now) ?? [])
    .sort((one, other) => one.offset - other.offset || one.id.localeCompare(other.id));
}

/** The same with the ones that are likely wanted at the top. */
export function likelyFirst(zones: readonly Zone[], likely: readonly string[]): readonly Zone[] {
  const first = [...new Set(likely)].flatMap((id) => zones.find((zone) => zone.id === id) ?? []);
  return [...first, ...zones.filter((zone) => !first.includes(zone))];
}

/** Null for a name that the browser does not know. */
export function zoneOf(id: string, locale: string, now: Date): Zone | null {
  const offset = offsetOf(id, now);
  if (offset === null) return null;
  const parts = id.replaceAll("_", " ").split("/");
  const city = parts.at(-1) ?? id;
  const region = parts.slice(0, -1).join(" / ");
  const offsetText = writeOffset(offset);
  const name = nameOf(id, locale, now);
  return { id, city, region, offset, offsetText, name, words: plain(`${id} ${id.replaceAll(/[/_]/g, " ")} ${name}`) };
}

/** Zones that have every word; those whose city begins with the text go first. "+2", "utc+2", "gmt-03:30" are offsets. */
export function findZones(zones: readonly Zone[], text: string): readonly Zone[] {
  const wanted = plain(text).trim();
  if (wanted === "") return zones;
  const offset = readOffset(wanted);
  if (offset !== null) return zones.filter((zone) => zone.offset === offset);
  const words = wanted.split(/\s+/);
  const rank = (zone: Zone) => {
    const city = plain(zone.city);
    return city === wanted ? 0 : city.startsWith(wanted) ? 1 : plain(zone.id).includes(wanted) ? 2 : 3;
  };
  return zones
    .filter((zone) => words.every((word) => zone.words.includes(word)))
    .map((zone) => ({ zone, rank: rank(zone) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ zone }) => zone);
}

/** Minutes of "+2", "utc+2", "gmt-3:30", "-0330"; null for anything else. */
export function readOffset(text: string): number | null {
  const [, sign, hours, minutes] = /^(?:utc|gmt)?\s*([+\u2212-])(\d{1,2})(?::?(\d{2}))?$/i.exec(text) ?? [];
  if (sign === undefined || hours === undefined || Number(hours) > 14 || Number(minutes ?? 0) > 59) return null;
  return (sign === "+" ? 1 : -1) * (Number(hours) * 60 + Number(minutes ?? 0));
}

function writeOffset(minutes: number): string {
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, "0");
  return `UTC${minutes < 0 ? "\u2212" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function offsetOf(id: string, now: Date): number | null {
  const shown = part(id, "en-US", now, "longOffset");
  if (shown === null) return null;
  return shown === "GMT" ? 0 : readOffset(shown.replace(/:\d\d$/, (end) => (shown.split(":").length > 2 ? "" : end)));
}

function nameOf(id: string, locale: string, now: Date): string {
  return part(id, locale, now, "longGeneric") ?? "";
}

function part(id: string, locale: string, now: Date, timeZoneName: "longOffset" | "longGeneric"): string | null {
  try {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName }).formatToParts(now);
    return parts.find((one) => one.type === "timeZoneName")?.value ?? null;
  } catch {
    return null;
  }
}

/** Small, and without accents: "Zürich" is found by "zurich". */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/\p{Mn}/gu, "")
    .toLowerCase();
}
