"use client";
// What the assistant called, one line each: what was done to which task, or what it looked at.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { dueInWords, type Place } from "@/activity/differences";
import type { Priority } from "@/gql/graphql";
import { sentence } from "@/graphql/payload";
import { useLocale } from "@/i18n/useLocale";
import { useZone } from "@/session/session";
import { TaskLink } from "@/shell/TaskLink";
import { PRIORITY_NAMES } from "@/tasks/names";
import { dateTimeText } from "@/time/instants";
import { Icon, type IconName } from "@/ui/Icon";
import type { Told, Tool } from "./calls";

interface Words {
  readonly icon: IconName;
  readonly done: MessageDescriptor;
  /** Before it is done, and where it failed. */
  readonly todo: MessageDescriptor;
}

const WORDS: Record<Tool, Words> = {
  list_tasks: { icon: "search", done: msg`Looked through the tasks`, todo: msg`Look through the tasks` },
  search_tasks: { icon: "search", done: msg`Searched the tasks`, todo: msg`Search the tasks` },
  list_tags: { icon: "tag", done: msg`Looked at the tags`, todo: msg`Look at the tags` },
  list_notifications: { icon: "bell", done: msg`Looked at the notifications`, todo: msg`Look at the notifications` },
  get_stats: { icon: "dashboard", done: msg`Looked at the numbers`, todo: msg`Look at the numbers` },
  add_task: { icon: "plus", done: msg`Added`, todo: msg`Add` },
  quick_add: { icon: "plus", done: msg`Added`, todo: msg`Add` },
  update_task: { icon: "pencil", done: msg`Changed`, todo: msg`Change` },
  complete_task: { icon: "completed", done: msg`Completed`, todo: msg`Complete` },
  delete_task: { icon: "trash", done: msg`Put in the trash`, todo: msg`Move to the trash` },
  restore_task: { icon: "restore", done: msg`Taken out of the trash`, todo: msg`Take out of the trash` },
  skip_task: { icon: "skip", done: msg`Skipped`, todo: msg`Skip` },
  add_tag: { icon: "tag", done: msg`Made the tag`, todo: msg`Make the tag` },
  set_reminder: { icon: "bell", done: msg`Reminder set`, todo: msg`Set a reminder` },
  snooze_reminder: { icon: "clock", done: msg`Moved a reminder`, todo: msg`Move a reminder` },
};

export function CallCards({ calls }: { calls: readonly Told[] }) {
  const { t } = useLingui();
  if (calls.length === 0) return null;
  return (
    <ul aria-label={t`What was done`} className="flex flex-col gap-1.5">
      {calls.map((call, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: calls are only added at the end
        <li key={place}>
          <CallCard call={call} />
        </li>
      ))}
    </ul>
  );
}

function CallCard({ call }: { call: Told }) {
  const { t } = useLingui();
  if (call.kind === "looked") return <Looked call={call} />;
  const failed = call.kind === "failed";
  return (
    <div className="card flex items-start gap-2.5 px-3 py-2 text-sm">
      <Sign
        call={call}
        className={`mt-0.5 size-4.5 ${failed ? "text-danger" : call.kind === "held" ? "text-warn" : "text-good"}`}
      />
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        <span className={failed ? "text-danger" : "text-muted"}>
          {failed ? t`Not done` : null}
          {failed ? ": " : null}
          <Verb call={call} />
        </span>{" "}
        <Title call={call} />
        <Facts call={call} />
        {call.why && <p className="text-xs text-danger">{sentence(call.why)}</p>}
      </div>
    </div>
  );
}

function Looked({ call }: { call: Told }) {
  const { count, found } = call;
  const line = (
    <>
      <Verb call={call} />
      {count !== null && (
        <>
          {" · "}
          <Plural value={count} _0="nothing found" one="# found" other="# found" />
        </>
      )}
    </>
  );
  if (found.length === 0)
    return (
      <p className="flex items-center gap-2.5 px-3 text-xs text-muted">
        <Sign call={call} className="size-4" />
        <span>{line}</span>
      </p>
    );
  return (
    <details className="text-xs text-muted">
      <summary className="flex w-fit list-none items-center gap-2.5 rounded-lg px-3 py-0.5 hover:text-ink">
        <Sign call={call} className="size-4" />
        <span>{line}</span>
        <Icon name="chevronDown" className="size-3.5" />
      </summary>
      <ul className="card mt-1 divide-y divide-line text-sm">
        {found.map((task) => (
          <li key={task.id}>
            <TaskLink id={task.id} className="block truncate px-3 py-1.5 text-ink hover:underline">
              {task.title}
            </TaskLink>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Verb({ call }: { call: Told }) {
  const { i18n } = useLingui();
  if (call.tool === null) return <code className="font-mono text-xs">{call.name}</code>;
  const { done, todo } = WORDS[call.tool];
  return i18n._(call.kind === "done" || call.kind === "looked" ? done : todo);
}

export function Title({ call }: { call: Told }) {
  if (call.title === null && call.taskId === null) return null;
  const title = call.title ?? `#${call.taskId}`;
  if (call.taskId === null || call.kind === "failed") return <span className="font-medium">{title}</span>;
  return (
    <TaskLink
      id={call.taskId}
      className="font-medium underline decoration-line underline-offset-2 hover:decoration-current"
    >
      {title}
    </TaskLink>
  );
}

function Sign({ call, className }: { call: Told; className: string }) {
  return <Icon name={call.tool === null ? "spark" : WORDS[call.tool].icon} className={className} />;
}

export function Facts({ call }: { call: Told }) {
  const { i18n, t } = useLingui();
  const place: Place = { zone: useZone(), locale: useLocale() };
  const due = call.due && isInstant(call.due.dueDate) ? dueInWords(call.due, place) : null;
  const at = call.at && isInstant(call.at) ? dateTimeText(call.at, place.zone, place.locale) : null;
  const facts = [
    due && t`due ${due}`,
    at,
    call.recurrence,
    call.priority !== null && isPriority(call.priority) ? i18n._(PRIORITY_NAMES[call.priority]) : null,
  ].filter(Boolean);
  return facts.length > 0 && <p className="text-xs text-muted">{facts.join(" · ")}</p>;
}

/** What a list waits for, with its two answers. */
export function Question({ calls, onAnswer }: { calls: readonly Told[]; onAnswer: ((yes: boolean) => void) | null }) {
  const { t } = useLingui();
  return (
    <section
      aria-label={t`This waits for your answer`}
      className={`card p-3 text-sm ${onAnswer ? "border-warn bg-warn-soft" : ""}`}
    >
      <p className={`flex items-center gap-2 font-medium ${onAnswer ? "text-warn" : "text-muted"}`}>
        <Icon name="question" />
        {onAnswer ? <Trans>Not done yet. Shall all of this be done?</Trans> : <Trans>Asked, and not done then</Trans>}
      </p>
      <ul className="mt-2 flex flex-col gap-1">
        {calls.map((call, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: never changes
          <li key={place} className="flex items-start gap-2 [overflow-wrap:anywhere]">
            <Sign call={call} className={`mt-0.5 size-4 ${onAnswer ? "text-warn" : "text-muted"}`} />
            <div className="min-w-0">
              <Verb call={call} />: <Title call={call} />
              <Facts call={call} />
            </div>
          </li>
        ))}
      </ul>
      {onAnswer && (
        <div className="mt-3 flex flex-wrap gap-2">
          <button type="button" className="btn btn-primary" onClick={() => onAnswer(true)}>
            <Trans>Yes, do it</Trans>
          </button>
          <button type="button" className="btn" onClick={() => onAnswer(false)}>
            <Trans>No, leave it</Trans>
          </button>
        </div>
      )}
    </section>
  );
}

function isInstant(value: string): boolean {
  return !Number.isNaN(Date.parse(value));
}

function isPriority(value: string): value is Priority {
  return Object.hasOwn(PRIORITY_NAMES, value);
}
