"use client";
// Completions of each day as bars (uPlot). Only for those who see it: the words and the table are CompletionsCard's.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { weekdayText } from "@/time/instants";
import { type DayCount, wholeSteps } from "./summary";

const HEIGHT = 180;

export default function Chart({ days, locale }: { days: readonly DayCount[]; locale: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<DayCount | null>(null);
  const theme = useAppliedTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the colours of another theme
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const plot = new uPlot(
      options(days, locale, place.clientWidth, (at) => setPointed(at === null ? null : (days[at] ?? null))),
      [days.map((_, at) => at), days.map((day) => day.count)],
      place,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [days, locale, theme]);
  return (
    <div aria-hidden="true">
      <div className="h-5 text-right text-xs text-muted tabular-nums">
        {pointed && `${weekdayText(pointed.day, locale)}: ${pointed.count}`}
      </div>
      <div ref={box} className="min-w-0" />
    </div>
  );
}

function options(
  days: readonly DayCount[],
  locale: string,
  width: number,
  onPoint: (at: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const steps = [...wholeSteps(Math.max(0, ...days.map((day) => day.count)))];
  const bars = uPlot.paths.bars?.({ size: [0.7, 36], radius: 0.2 });
  const axis = { font, stroke: color("--muted"), ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false } },
    scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: [0, steps.at(-1) ?? 1] } },
    axes: [
      {
        ...axis,
        size: 26,
        grid: { show: false },
        splits: () => labelled(days.length, width),
        values: (_plot, splits) => splits.map((at) => weekdayText(days[at]?.day ?? "", locale).replace(/^\S+\s/, "")),
      },
      { ...axis, size: 36, grid: { stroke: color("--line"), width: 1 }, splits: () => steps },
    ],
    series: [
      {},
      {
        fill: color("--accent"),
        stroke: color("--accent"),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** Which days have their date below: as many as there is room for, today always. */
function labelled(count: number, width: number): number[] {
  const every = Math.max(1, Math.ceil(count / Math.max(2, Math.floor(width / 64))));
  return Array.from({ length: count }, (_, at) => at).filter((at) => (count - 1 - at) % every === 0);
}

function useAppliedTheme(): string {
  const [theme, setTheme] = useState(() => document.documentElement.dataset.theme ?? "");
  useEffect(() => {
    const root = document.documentElement;
    const observer = new MutationObserver(() => setTheme(root.dataset.theme ?? ""));
    observer.observe(root, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
