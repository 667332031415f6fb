"use client";
// Language and theme, kept in this browser.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useId } from "react";
import { chooseLocale, LOCALES, type Locale } from "@/i18n/locale";
import { chooseTheme, THEMES, type Theme, useTheme } from "@/theme/theme";
import { Section } from "./Section";

const THEME_NAMES: Record<Theme, MessageDescriptor> = {
  system: msg`As the system`,
  light: msg`Light`,
  dark: msg`Dark`,
};

export function Appearance() {
  const { t, i18n } = useLingui();
  const id = useId();
  const theme = useTheme();
  return (
    <Section title={t`Language and appearance`} about={t`Kept in this browser.`}>
      <div className="flex flex-wrap gap-x-8 gap-y-4">
        <div className="field w-44">
          <label className="label" htmlFor={id}>
            <Trans>Language</Trans>
          </label>
          <select
            id={id}
            className="input"
            value={i18n.locale}
            onChange={(event) => void chooseLocale(event.target.value as Locale)}
          >
            {Object.entries(LOCALES).map(([locale, name]) => (
              <option key={locale} value={locale} lang={locale}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <fieldset className="field">
          <legend className="label mb-1">
            <Trans>Theme</Trans>
          </legend>
          <div className="flex flex-wrap gap-1 rounded-lg">
            {THEMES.map((offered) => (
              <label
                key={offered}
                className="chip min-h-9 cursor-pointer px-3 has-checked:border-accent has-checked:bg-selected has-focus-visible:outline-2 has-focus-visible:outline-accent"
              >
                <input
                  type="radio"
                  name="theme"
                  className="sr-only"
                  checked={theme === offered}
                  onChange={() => chooseTheme(offered)}
                />
                {i18n._(THEME_NAMES[offered])}
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </Section>
  );
}
