"use client";
// A time zone of those that the browser knows.
const ZONES = Intl.supportedValuesOf("timeZone");

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (zone: string) => void;
}

export function ZoneSelect({ label, value, onChange }: Props) {
  const zones = ZONES.includes(value) ? ZONES : [value, ...ZONES];
  return (
    <select className="input" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {zones.map((zone) => (
        <option key={zone} value={zone}>
          {zone.replace(/_/g, " ")}
        </option>
      ))}
    </select>
  );
}
