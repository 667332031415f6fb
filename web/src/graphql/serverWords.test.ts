import { i18n } from "@lingui/core";
import { afterEach, expect, it } from "vitest";
import { messages } from "@/i18n/locales/de";
import { inOurLanguage } from "./serverWords";

afterEach(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

it("what the server refuses most often is said in German, with its numbers and names", () => {
  i18n.loadAndActivate({ locale: "de", messages });
  expect(inOurLanguage("must have at most 200 characters, has 201")).toBe("darf höchstens 200 Zeichen haben, hat 201");
  expect(inOurLanguage("name: there is already a tag of the name 'home'")).toBe(
    "name: es gibt schon einen Tag mit dem Namen 'home'",
  );
  expect(inOurLanguage("The task is in the trash; restore it first")).toBe(
    "die Aufgabe ist im Papierkorb; stellen Sie sie zuerst wieder her",
  );
});

it("what is not known, or has no words yet, is left as the server says it, and so is English", () => {
  const known = "must not be empty";
  expect(inOurLanguage(known)).toBe(known);
  i18n.loadAndActivate({ locale: "de", messages: {} });
  expect(inOurLanguage(known)).toBe(known);
  i18n.loadAndActivate({ locale: "de", messages });
  const unknown = "FREQ=HOURLY is not supported: a task recurs DAILY, WEEKLY, MONTHLY or YEARLY";
  expect(inOurLanguage(unknown)).toBe(unknown);
});
