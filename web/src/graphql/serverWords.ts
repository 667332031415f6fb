// The server speaks English. What it refuses most often is said here in the language of the page; what is not here stays as it
// is (docs/web.md lists it).
import { i18n } from "@lingui/core";

/** What the server says, and how we do. The names in a pattern are those in the message. */
const KNOWN: readonly (readonly [RegExp, { readonly id: string }])[] = [
  [/^(must not|cannot) be empty$/, /*i18n*/ { id: "must not be empty" }],
  [/^must have at least (?<least>\d+) characters$/, /*i18n*/ { id: "must have at least {least} characters" }],
  [
    /^must have at most (?<most>\d+) characters, has (?<has>\d+)$/,
    /*i18n*/ { id: "must have at most {most} characters, has {has}" },
  ],
  [/^must have (?<least>\d+) to (?<most>\d+) characters$/, /*i18n*/ { id: "must have {least} to {most} characters" }],
  [/^must have at most (?<most>\d+) words$/, /*i18n*/ { id: "must have at most {most} words" }],
  [/^must have at least one word$/, /*i18n*/ { id: "must have at least one word" }],
  [/^must be (?<least>\d+) to (?<most>\d+)$/, /*i18n*/ { id: "must be {least} to {most}" }],
  [/^must lie in the future$/, /*i18n*/ { id: "must lie in the future" }],
  [/^must lie in the years (?<first>\d+) to (?<last>\d+)$/, /*i18n*/ { id: "must lie in the years {first} to {last}" }],
  [/^must not lie after the year (?<last>\d+)$/, /*i18n*/ { id: "must not lie after the year {last}" }],
  [/^must not be before the due date$/, /*i18n*/ { id: "must not be before the due date" }],
  [/^that instant is already past$/, /*i18n*/ { id: "that instant is already past" }],
  [/^needs a due date$/, /*i18n*/ { id: "needs a due date" }],
  [/^e-mail address or password is wrong$/, /*i18n*/ { id: "e-mail address or password is wrong" }],
  [/^is wrong$/, /*i18n*/ { id: "is wrong" }],
  [/^is not an e-mail address: .*$/, /*i18n*/ { id: "is not an e-mail address" }],
  [/^type the account's e-mail address to confirm$/, /*i18n*/ { id: "type the account’s e-mail address to confirm" }],
  [
    /^there is already an account with this e-mail address$/,
    /*i18n*/ { id: "there is already an account with this e-mail address" },
  ],
  [/^there is already a tag of the name (?<name>.*)$/, /*i18n*/ { id: "there is already a tag of the name {name}" }],
  [/^there can be at most (?<most>\d+) tags$/, /*i18n*/ { id: "there can be at most {most} tags" }],
  [/^a task can have at most (?<most>\d+) tags$/, /*i18n*/ { id: "a task can have at most {most} tags" }],
  [
    /^there can be at most (?<most>\d+) API tokens; revoke one first$/,
    /*i18n*/ { id: "there can be at most {most} API tokens; revoke one first" },
  ],
  [
    /^there can be at most (?<most>\d+) reminders( before the due date)?$/,
    /*i18n*/ { id: "there can be at most {most} reminders before the due date" },
  ],
  [
    /^there can be at most (?<most>\d+) reminders at fixed times$/,
    /*i18n*/ { id: "there can be at most {most} reminders at fixed times" },
  ],
  [
    /^each must be 0 to (?<most>\d+) minutes before the due date$/,
    /*i18n*/ { id: "each must be 0 to {most} minutes before the due date" },
  ],
  [
    /^(a reminder needs a|the task has no) due date to be counted from$/,
    /*i18n*/ { id: "a reminder needs a due date to be counted from" },
  ],
  [/^is too long before the due date$/, /*i18n*/ { id: "is too long before the due date" }],
  [/^the reminder has fired already$/, /*i18n*/ { id: "the reminder has fired already" }],
  [
    /^a recurring task needs a due date to start from$/,
    /*i18n*/ { id: "a recurring task needs a due date to start from" },
  ],
  [
    /^a recurring task needs a due date; end the recurrence first, or with it$/,
    /*i18n*/ { id: "a recurring task needs a due date; end the recurrence first, or with it" },
  ],
  [
    /^only an occurrence of a recurring task can be skipped$/,
    /*i18n*/ { id: "only an occurrence of a recurring task can be skipped" },
  ],
  [/^this occurrence was skipped; reopen it first$/, /*i18n*/ { id: "this occurrence was skipped; reopen it first" }],
  [/^this occurrence is completed; reopen it first$/, /*i18n*/ { id: "this occurrence is completed; reopen it first" }],
  [/^the task is not open$/, /*i18n*/ { id: "the task is not open" }],
  [/^the task is in the trash; restore it first$/, /*i18n*/ { id: "the task is in the trash; restore it first" }],
  [/^the task has been changed meanwhile: .*$/, /*i18n*/ { id: "the task has been changed meanwhile" }],
  [/^there is no such task$/, /*i18n*/ { id: "there is no such task" }],
  [/^there is no such tag$/, /*i18n*/ { id: "there is no such tag" }],
  [/^there is no such reminder$/, /*i18n*/ { id: "there is no such reminder" }],
  [/^there is no such conversation$/, /*i18n*/ { id: "there is no such conversation" }],
  [/^there is no such API token$/, /*i18n*/ { id: "there is no such API token" }],
  [
    /^another message of this conversation is being answered; try again$/,
    /*i18n*/ { id: "another message of this conversation is being answered; try again" },
  ],
  [
    /^the answer took longer than (?<seconds>[\d.]+) s and was given up$/,
    /*i18n*/ { id: "the answer took longer than {seconds} s and was given up" },
  ],
];

/** A message of the server, without a full stop, as it is said in the language of the page. */
export function inOurLanguage(message: string): string {
  // General ones begin as a sentence does; those of a field may have its name in front, which is the API's and stays.
  const [, field = "", text = ""] = /^(\w+: )?(.*)$/s.exec(message) ?? [];
  const plain = text.charAt(0).toLowerCase() + text.slice(1);
  for (const [pattern, { id }] of KNOWN) {
    const found = pattern.exec(plain);
    if (found === null) continue;
    // The words of what a list does not need come a moment after it.
    return i18n.locale !== "en" && id in i18n.messages ? field + i18n._(id, { ...found.groups }) : message;
  }
  return message;
}
