import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { lazy, Suspense, useEffect, useState } from "react";
import { useParams } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { useAct } from "../../part/act";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { ProblemPage } from "../../part/problempage";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { Members } from "./members";
import { ruleText, scheduleText } from "./rule";
import { Sizes } from "./sizes";

const TagForm = lazy(() => import("./tagform"));
type Job = Engine["TagJob"];

function jobColumns({ t, term }: Speaker) {
  return [
    { title: t("tagjob.state"), render: (row: Job) => <State of="jobState" value={row.status} /> },
    { title: t("tagjob.cause"), render: (row: Job) => term("cause", row.cause) },
    { title: t("tagjob.read"), render: (row: Job) => <span className="num">{row.facts_read.toLocaleString("en-US")}</span>, align: "right" as const },
    { title: t("tag.members"), render: (row: Job) => <span className="num">{row.members.toLocaleString("en-US")}</span>, align: "right" as const },
    { title: t("tagjob.queued"), render: (row: Job) => <When at={row.queued_at} /> },
    { title: t("tagjob.ended"), render: (row: Job) => <When at={row.ended_at} /> },
    { title: t("tagjob.error"), className: "wrap", render: (row: Job) => row.error ?? "–" },
  ];
}

// useTag follows a tag; while a job runs, every second.
function useTag(id: string) {
  const client = useQueryClient();
  const tag = useQuery({
    queryKey: ["tag", id],
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/tags/{tag_id}", { params: { path: { tag_id: id } } })),
    refetchInterval: ({ state }) => (state.data?.job_id ? 1_000 : 15_000),
  });
  const generation = tag.data?.generation;
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["tagsizes", id] });
    void client.invalidateQueries({ queryKey: ["tagjobs", id] });
  }, [client, id, generation]);
  return tag;
}

// TagPage is one tag: its rule or list, its jobs and how it grew.
export default function TagPage() {
  const { id = "" } = useParams();
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const may = useMay("operator");
  const [changing, setChanging] = useState(false);
  const { data: tag, isError, error, refetch } = useTag(id);
  const busy = tag?.job_id !== undefined;
  const jobs = usePages(["tagjobs", id], (cursor) => take(engine.GET("/api/groupbuy/admin/v1/tags/{tag_id}/jobs", { params: { path: { tag_id: id }, query: { cursor, limit: pageSize } } })), busy ? 1_000 : undefined);
  const run = useAct({
    run: () => take(engine.POST("/api/groupbuy/admin/v1/tags/{tag_id}/jobs", { params: { path: { tag_id: id } } })),
    done: t("tag.started"),
    touches: ["tag", "tagjobs"],
  });
  if (isError && !tag) return <ProblemPage error={error} back={{ to: "/tags", text: t("nav.tags") }} retry={() => void refetch()} />;
  if (!tag) return <Skeleton active title={false} />;
  const actions = may && !tag.built_in && (
    <>
      <Button onClick={() => setChanging(true)}>{t("tag.change")}</Button>
      {tag.kind === "rule" && <Button type="primary" loading={busy || run.isPending} onClick={() => run.mutate()}>{t("tag.run")}</Button>}
    </>
  );
  return (
    <>
      <Head title={tag.name} back={{ to: "/tags", text: t("nav.tags") }} about={<Ident id={tag.tag_id} whole />} actions={actions} mark={busy ? <State of="jobState" value="running" /> : undefined} />
      <div className="split">
        <div>
          <Section>
            <Pairs
              items={[
                [t("tag.members"), <strong className="num">{tag.members.toLocaleString("en-US")}</strong>],
                [t("tag.kind"), tag.built_in ? t("tag.builtin") : term("tagKind", tag.kind)],
                [t("activity.partner"), tag.partner_id ?? t("list.every")],
                [t("tag.generation"), tag.generation === 0 ? t("tag.never") : tag.generation],
                [t("tag.built"), <When at={tag.built_at} />],
                tag.rule !== undefined && [t("tag.rule"), ruleText(tag.rule, speaker)],
                tag.kind === "rule" && [t("tag.schedule"), scheduleText(tag.schedule, t)],
                tag.next_run_at !== undefined && [t("tag.next"), <When at={tag.next_run_at} />],
              ]}
            />
          </Section>
          <Section title={t("tag.jobs")} flush>
            <List name={t("tag.jobs")} pages={jobs} columns={jobColumns(speaker)} rowKey={(row) => row.job_id} empty={<Vacant title={t("tagjob.none")} />} />
          </Section>
        </div>
        <div>
          <Sizes tag={id} />
          <Members tag={tag} />
        </div>
      </div>
      {changing && <Suspense><TagForm tag={tag} close={() => setChanging(false)} /></Suspense>}
    </>
  );
}
