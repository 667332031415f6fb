"use client";
// The page /dashboard: how much there is, how much was done, and what happened last.
import { useLingui } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DashboardDocument } from "@/gql/graphql";
import { execute } from "@/graphql/execute";
import { polling } from "@/graphql/queries";
import { PageFrame } from "@/shell/PageFrame";
import { Shown } from "@/ui/States";
import { CompletionsCard, type Range } from "./CompletionsCard";
import { LastActivity } from "./LastActivity";
import { ByPriority, Numbers } from "./Numbers";

export function DashboardPage() {
  const { t } = useLingui();
  const [range, setRange] = useState<Range>(14);
  const query = useQuery({
    queryKey: ["stats", range],
    queryFn: async ({ signal }) => (await execute(DashboardDocument, { days: range }, signal)).stats,
    placeholderData: keepPreviousData,
    ...polling,
  });
  return (
    <PageFrame title={t`Dashboard`}>
      <div className="h-full overflow-y-auto px-4 pb-8 md:px-6">
        <div className="@container flex max-w-6xl flex-col gap-4">
          <Shown query={query} rows={6}>
            {(stats) => (
              <>
                <Numbers stats={stats} />
                <div className="grid gap-4 @3xl:grid-cols-[3fr_2fr]">
                  <CompletionsCard days={stats.completedByDay} range={range} onRange={setRange} />
                  <ByPriority stats={stats} />
                </div>
                <LastActivity />
              </>
            )}
          </Shown>
        </div>
      </div>
    </PageFrame>
  );
}
