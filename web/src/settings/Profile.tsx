"use client";
// Name and time zone. What is changed and not saved is kept.
import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { UpdateViewerDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { accepted, byField } from "@/graphql/payload";
import { inWords } from "@/graphql/words";
import { useDraft } from "@/session/drafts";
import { remember, type Viewer, viewerQuery } from "@/session/session";
import { toast } from "@/shell/toasts";
import { refreshEverything } from "@/tasks/everything";
import { Field } from "@/ui/Field";
import { lazily } from "@/ui/lazily";
import { Section } from "./Section";

const ZonePicker = lazily(
  () => import("./ZonePicker"),
  () => <div className="h-15" />,
);
const FIELDS = ["name", "timeZone"];

export function Profile({ viewer }: { viewer: Viewer }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [name, setName] = useDraft("settings.name", viewer.name);
  const [zone, setZone] = useDraft("settings.zone", viewer.timeZone);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const save = useMutation({
    mutationFn: async () =>
      accepted((await execute(UpdateViewerDocument, { input: { name, timeZone: zone } })).updateViewer).viewer,
    onSuccess: async (saved) => {
      if (saved === null) return;
      setName(saved.name);
      setZone(saved.timeZone);
      remember(saved);
      client.setQueryData(viewerQuery.queryKey, saved);
      toast(t`Saved.`);
      // Days are counted anew in another zone.
      await refreshEverything(client);
    },
  });
  const changed = name !== viewer.name || zone !== viewer.timeZone;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed && !save.isPending) save.mutate();
  };
  const errors = byField(save.error, FIELDS);
  const failure = save.error && !errors.name && !errors.timeZone ? inWords(save.error, i18n) : undefined;
  return (
    <Section title={t`Profile`} about={viewer.email}>
      <form onSubmit={submit} noValidate className="flex max-w-md flex-col gap-4">
        <Field label={t`Name`} name="name" autoComplete="name" value={name} onChange={setName} error={errors.name} />
        <div className="flex flex-col items-start gap-1.5 [&>*]:w-full">
          <ZonePicker
            label={t`Time zone`}
            value={zone}
            onChange={setZone}
            hint={t`For new tasks and for what “today” is. Tasks that are there keep theirs.`}
            error={errors.timeZone}
          />
          {zone !== here && (
            <button type="button" className="btn w-fit!" onClick={() => setZone(here)}>
              <Trans>Use the zone of this device: {here.replaceAll("_", " ")}</Trans>
            </button>
          )}
        </div>
        <p role="alert" className={failure ? "rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger" : "hidden"}>
          {failure}
        </p>
        <div className="flex gap-2">
          <button type="submit" className="btn btn-primary" aria-disabled={!changed || save.isPending}>
            {save.isPending ? <Trans>Saving…</Trans> : <Trans>Save</Trans>}
          </button>
          {changed && (
            <button
              type="button"
              className="btn"
              onClick={() => {
                setName(viewer.name);
                setZone(viewer.timeZone);
                save.reset();
              }}
            >
              <Trans>Cancel</Trans>
            </button>
          )}
        </div>
      </form>
    </Section>
  );
}
