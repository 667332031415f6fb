// The locale that dates and numbers are written in.
import { useLingui } from "@lingui/react";
import { formatLocale } from "./locale";

export function useLocale(): string {
  return formatLocale(useLingui().i18n.locale);
}
