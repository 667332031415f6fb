// Which language the UI speaks: the one chosen, else the browser's. Only its words are loaded: first those of the lists, then
// the others.
import { i18n } from "@lingui/core";

export const LOCALES = { en: "English", de: "Deutsch" } as const;
export type Locale = keyof typeof LOCALES;

const KEY = "tickler.locale";

type Words = () => Promise<{ messages: Record<string, unknown> }>;

const FIRST: Record<Locale, Words> = {
  en: () => import("./locales/en.first"),
  de: () => import("./locales/de.first"),
};
const MORE: Record<Locale, Words> = {
  en: () => import("./locales/en.more"),
  de: () => import("./locales/de.more"),
};

let spoken: Locale = "en";
let more: Promise<void> | null = null;

export function chosenLocale(): Locale {
  const stored = localStorage.getItem(KEY);
  if (stored !== null && isLocale(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? "en";
}

/** Loads the words that the lists need, and speaks the language from then on. */
export async function speak(locale: Locale): Promise<void> {
  load(locale, await FIRST[locale]());
  spoken = locale;
  more = null;
  i18n.activate(locale);
  document.documentElement.lang = locale;
}

/** The words that everything but the lists needs. */
export function allWords(): Promise<void> {
  const locale = spoken;
  more ??= MORE[locale]().then(
    (words) => load(locale, words),
    (error: unknown) => {
      // To be tried again.
      more = null;
      throw error;
    },
  );
  return more;
}

export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(KEY, locale);
  const [words, others] = await Promise.all([FIRST[locale](), MORE[locale]()]);
  load(locale, words);
  load(locale, others);
  spoken = locale;
  more = Promise.resolve();
  i18n.activate(locale);
  document.documentElement.lang = locale;
}

/**
 * The tag for dates and numbers: the browser's own region of the language that is spoken, so that en-GB stays en-GB.
 */
export function formatLocale(locale: string): string {
  const regional = navigator.languages.find((tag) => tag.startsWith(`${locale}-`));
  return regional ?? (locale === "de" ? "de-DE" : "en-GB");
}

function load(locale: Locale, { messages }: { messages: Record<string, unknown> }): void {
  i18n.load(locale, messages as Parameters<typeof i18n.load>[1]);
}

function isLocale(value: string): value is Locale {
  return Object.hasOwn(LOCALES, value);
}
