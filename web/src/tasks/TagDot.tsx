// A tag's colour. The style is set by the script, which the policy allows; the colour is the API's, always #RRGGBB.
export function TagDot({ color }: { color: string }) {
  return <span aria-hidden="true" className="size-2 shrink-0 rounded-full" style={{ backgroundColor: color }} />;
}
