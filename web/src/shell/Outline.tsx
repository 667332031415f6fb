// The page before its words: the same in every language, and all that is in the prerendered HTML.
export function Outline() {
  return (
    <div className="flex h-dvh" aria-busy="true">
      <title>Tickler</title>
      <div className="hidden w-60 border-r border-line md:block" />
      <div className="flex-1 p-6">
        <div className="h-7 w-40 animate-pulse rounded-lg bg-hover" />
      </div>
    </div>
  );
}
