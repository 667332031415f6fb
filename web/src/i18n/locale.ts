// Which language the UI speaks: the one chosen, else the browser's. Only its words are loaded.
import { i18n } from "@lingui/core";

export const LOCALES = { en: "English", de: "Deutsch" } as const;
export type Locale = keyof typeof LOCALES;

const KEY = "tickler.locale";

const CATALOGS: Record<Locale, () => Promise<{ messages: Record<string, unknown> }>> = {
  en: () => import("./locales/en"),
  de: () => import("./locales/de"),
};

export function chosenLocale(): Locale {
  const stored = localStorage.getItem(KEY);
  if (stored !== null && isLocale(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? "en";
}

/** Loads a locale's words and speaks them from then on. */
export async function speak(locale: Locale): Promise<void> {
  const { messages } = await CATALOGS[locale]();
  i18n.loadAndActivate({ locale, messages: messages as Parameters<typeof i18n.load>[1] });
  document.documentElement.lang = locale;
}

export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(KEY, locale);
  await speak(locale);
}

/**
 * The tag for dates and numbers: the browser's own region of the language that is spoken, so that en-GB stays en-GB.
 */
export function formatLocale(locale: string): string {
  const regional = navigator.languages.find((tag) => tag.startsWith(`${locale}-`));
  return regional ?? (locale === "de" ? "de-DE" : "en-GB");
}

function isLocale(value: string): value is Locale {
  return Object.hasOwn(LOCALES, value);
}
