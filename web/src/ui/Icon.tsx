// The icons, drawn on a grid of 24 with strokes of the text's colour. They never speak: their control has the words.
const PATHS = {
  today: "M5 5h14v15H5zM5 9.5h14M9 3v4M15 3v4M9 14.5l2 2 4-4",
  upcoming: "M5 5h14v15H5zM5 9.5h14M9 3v4M15 3v4M9 13h.01M12 13h.01M15 13h.01M9 16.5h.01M12 16.5h.01",
  overdue: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V13M12 16.2h.01",
  all: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  completed: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.2l2.8 2.8L16 9.6",
  trash: "M4.5 7h15M10 11v6M14 11v6M6.5 7l.8 12.5h9.4L17.5 7M9.5 7V4.5h5V7",
  tag: "M12.6 3.5H4.5v8.1l8.3 8.4a1 1 0 0 0 1.4 0l6.7-6.7a1 1 0 0 0 0-1.4zM8.2 7.7h.01",
  dashboard: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  bell: "M18 9.5a6 6 0 1 0-12 0c0 6-2.5 7-2.5 7h17s-2.5-1-2.5-7M10 20a2.2 2.2 0 0 0 4 0",
  chat: "M4 5h16v11.5H10.5L6 20v-3.5H4z",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevronDown: "M6 9.5l6 6 6-6",
  chevronLeft: "M14.5 6l-6 6 6 6",
  chevronRight: "M9.5 6l6 6-6 6",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  repeat: "M17 3.5l3 3-3 3M4 11.5v-1a4 4 0 0 1 4-4h12M7 20.5l-3-3 3-3M20 12.5v1a4 4 0 0 1-4 4H4",
  flag: "M6 21V4.5c4-2 7 2 12 0v9c-5 2-8-2-12 0",
  sort: "M7 4v16M7 20l-3.5-3.5M7 20l3.5-3.5M17 20V4M17 4l-3.5 3.5M17 4l3.5 3.5",
  filter: "M4 5.5h16L14 13v6l-4-2v-4z",
  undo: "M9 14.5L4.5 10 9 5.5M4.5 10H14a5.5 5.5 0 0 1 0 11h-3",
  restore: "M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5",
  keyboard: "M3 6.5h18v11H3zM7 10h.01M10.5 10h.01M14 10h.01M17.5 10h.01M8 14h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  offline: "M3 3l18 18M8.5 16.2a5 5 0 0 1 7 0M5 12.7a10 10 0 0 1 4.3-2.6M14 9.9c1.9.4 3.6 1.4 5 2.8M12 20h.01",
  calendar: "M5 5h14v15H5zM5 9.5h14M9 3v4M15 3v4",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V12l3 2",
  skip: "M5 5.5l9 6.5-9 6.5zM18.5 5.5v13",
  signOut: "M14 4.5H5v15h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  history: "M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.7",
  pencil: "M4 20l1-4.5L16.5 4a1.8 1.8 0 0 1 2.5 0l1 1a1.8 1.8 0 0 1 0 2.5L8.5 19z",
  copy: "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
  key: "M8 16.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12.5h8.5v3M17 12.5v2.5",
  send: "M4.5 12L20 4.5 15.5 20l-3.5-6.5z",
  stop: "M7 7h10v10H7z",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18",
  spark: "M12 3.5l2 6.5 6.5 2-6.5 2-2 6.5-2-6.5-6.5-2 6.5-2z",
  question: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.5h.01",
  grip: "M9.5 6h.01M14.5 6h.01M9.5 12h.01M14.5 12h.01M9.5 18h.01M14.5 18h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = "size-4.5" }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={`shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
