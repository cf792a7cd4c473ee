import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { usePartnerOptions } from "../../data/reference";
import { FilterBar, FilterChoice, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { ruleText, scheduleText } from "./rule";

const TagForm = lazy(() => import("./tagform"));
type Tag = Engine["Tag"];

function columns(speaker: Speaker) {
  const { t, term } = speaker;
  return [
    {
      title: t("tag.name"),
      render: (row: Tag) => (
        <span className="cell-two">
          <Link className="cell-name" to={`/tags/${row.tag_id}`}>{row.name}</Link>
          <small><Ident id={row.tag_id} /></small>
        </span>
      ),
    },
    { title: t("tag.kind"), render: (row: Tag) => (row.built_in ? t("tag.builtin") : term("tagKind", row.kind)) },
    { title: t("tag.members"), render: (row: Tag) => <span className="num">{row.members.toLocaleString("en-US")}</span>, align: "right" as const },
    { title: t("tag.rule"), className: "wrap", render: (row: Tag) => (row.rule ? ruleText(row.rule, speaker) : "–") },
    { title: t("tag.schedule"), render: (row: Tag) => scheduleText(row.schedule, t) },
    { title: t("tag.built"), render: (row: Tag) => (row.job_id ? <State of="jobState" value="running" /> : row.generation === 0 ? t("tag.never") : <When at={row.built_at} />) },
    { title: t("activity.partner"), render: (row: Tag) => row.partner_id ?? t("list.every") },
  ];
}

// Tags lists the sets of buyers that prices and audiences name.
export default function Tags() {
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const may = useMay("operator");
  const [creating, setCreating] = useState(false);
  const partners = usePartnerOptions();
  const [filters, change] = useFilters(["q", "kind", "partner_id"] as const);
  const pages = usePages(["tags", filters], (cursor) =>
    take(engine.GET("/api/groupbuy/admin/v1/tags", { params: { query: { ...filters, kind: filters.kind as Engine["TagKind"] | undefined, cursor, limit: pageSize } } })),
  );
  const kinds = (["rule", "manual"] as const).map((value) => ({ value, label: term("tagKind", value) }));
  const create = may && <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>{t("tag.new")}</Button>;
  return (
    <>
      <Head title={t("nav.tags")} about={t("tag.about")} actions={create} />
      <FilterBar active={Object.keys(filters).length > 0} clear={() => change({ q: undefined, kind: undefined, partner_id: undefined })}>
        <FilterText label={t("tag.search")} value={filters.q} change={(q) => change({ q })} />
        <FilterChoice label={t("tag.kind")} value={filters.kind} change={(kind) => change({ kind })} options={kinds} />
        <FilterChoice label={t("activity.partner")} value={filters.partner_id} change={(partner_id) => change({ partner_id })} options={partners} />
      </FilterBar>
      <List name={t("nav.tags")} pages={pages} columns={columns(speaker)} rowKey={(row) => row.tag_id} empty={<Vacant title={t(Object.keys(filters).length ? "list.nothing" : "tag.none")} about={t("tag.none.about")} action={create} />} />
      {creating && <Suspense><TagForm close={() => setCreating(false)} /></Suspense>}
    </>
  );
}
