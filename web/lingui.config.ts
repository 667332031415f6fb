// Where the words are: English in the source, German in src/i18n/locales/de.po; both are compiled beside the .po files.
import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "de"],
  compileNamespace: "ts",
  format: formatter({ lineNumbers: false }),
  catalogs: [{ path: "<rootDir>/src/i18n/locales/{locale}", include: ["app", "src"], exclude: ["src/gql/**"] }],
});
