import { DownloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker } from "antd";
import dayjs from "dayjs";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { engine, take } from "../../api/client";
import { formedRate, sum, type Figures } from "../../data/figures";
import { usePartnerOptions } from "../../data/reference";
import { percent, yuan } from "../../format/money";
import { FilterBar, FilterChoice, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { Grid } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { Tile, Tiles } from "../../part/tile";
import { Vacant } from "../../part/vacant";
import { useSpeaker, type Speaker } from "../../text/language";
import { rangeOf } from "./range";

const Trends = lazy(() => import("../dashboard/trends"));

function columns({ t, length }: Speaker, daily: boolean) {
  const count = (title: string, of: (row: Figures) => number) => ({ title, render: (row: Figures) => <span className="num">{of(row)}</span>, align: "right" as const });
  return [
    ...(daily ? [{ title: t("statistics.day"), dataIndex: "day" }] : []),
    { title: t("team.activity"), render: (row: Figures) => <Link className="cell-name" to={`/activities/${row.activity_id}`}>{row.name}</Link> },
    { title: t("figure.gmv"), render: (row: Figures) => <span className="num">{yuan(row.gmv_fen)}</span>, align: "right" as const },
    count(t("figure.paid"), (row) => row.seats_paid),
    count(t("figure.opened"), (row) => row.teams_opened),
    count(t("figure.formed"), (row) => row.teams_formed),
    count(t("figure.failed"), (row) => row.teams_failed),
    { title: t("figure.rate"), render: (row: Figures) => formedRate(row), align: "right" as const },
    { title: t("figure.fill"), render: (row: Figures) => (row.median_fill_ms === undefined ? "–" : length(row.median_fill_ms)), align: "right" as const },
    count(t("figure.refunded"), (row) => row.seats_refunded),
    { title: t("figure.refundrate"), render: (row: Figures) => percent(row.refund_rate_bp), align: "right" as const },
    count(t("figure.newbuyers"), (row) => row.new_buyers),
  ];
}

function Totals({ rows }: { rows: Figures[] }) {
  const { t } = useSpeaker();
  const total = sum(rows);
  return (
    <Section>
      <Tiles>
        <Tile name={t("figure.gmv")} value={yuan(total.gmv_fen)} />
        <Tile name={t("figure.paid")} value={total.seats_paid} />
        <Tile name={t("figure.opened")} value={total.teams_opened} />
        <Tile name={t("figure.formed")} value={total.teams_formed} about={formedRate(total)} />
        <Tile name={t("figure.failed")} value={total.teams_failed} />
        <Tile name={t("figure.newbuyers")} value={total.new_buyers} />
      </Tiles>
    </Section>
  );
}

// Statistics are the figures of docs/statistics.md, as tables, charts and a file.
export default function Statistics() {
  const speaker = useSpeaker();
  const { t } = speaker;
  const partners = usePartnerOptions();
  const [filters, change] = useFilters(["from", "to", "partner_id", "activity_id", "by"] as const);
  const { from, to } = rangeOf(filters.from, filters.to);
  const by = filters.by === "day" ? ("day" as const) : ("activity" as const);
  const query = { from, to, partner_id: filters.partner_id, activity_id: filters.activity_id, by };
  const ask = async (grouped: "day" | "activity") => (await take(engine.GET("/api/groupbuy/admin/v1/statistics", { params: { query: { ...query, by: grouped } } }))).items;
  const rows = useQuery({ queryKey: ["statistics", query], queryFn: () => ask(by) });
  const days = useQuery({ queryKey: ["statistics", { ...query, by: "day" }], queryFn: () => ask("day") });
  const csv = new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined));
  return (
    <>
      <Head
        title={t("nav.statistics")}
        about={t("statistics.about")}
        actions={<Button icon={<DownloadOutlined />} href={`/api/groupbuy/admin/v1/statistics.csv?${csv}`} download={`kaituan-${from}-${to}.csv`}>{t("statistics.csv")}</Button>}
      />
      <FilterBar active={Object.keys(filters).some((name) => name !== "by")} clear={() => change({ from: undefined, to: undefined, partner_id: undefined, activity_id: undefined })}>
        <DatePicker.RangePicker aria-label={t("statistics.range")} allowClear={false} value={[dayjs(from), dayjs(to)]} onChange={(next) => change({ from: next?.[0]?.format("YYYY-MM-DD"), to: next?.[1]?.format("YYYY-MM-DD") })} />
        <FilterChoice label={t("activity.partner")} value={filters.partner_id} change={(partner_id) => change({ partner_id })} options={partners} />
        <FilterText label={t("statistics.activity")} value={filters.activity_id} change={(activity_id) => change({ activity_id })} width={260} />
      </FilterBar>
      {rows.isError ? (
        <ProblemView error={rows.error} retry={() => void rows.refetch()} />
      ) : (
        <>
          {rows.data && <Totals rows={rows.data} />}
          {days.data && days.data.length > 0 && <Suspense><Trends rows={days.data} from={from} to={to} /></Suspense>}
          <Tabs name={t("statistics.by")} value={by} options={[{ value: "activity", label: t("statistics.by.activity") }, { value: "day", label: t("statistics.by.day") }]} change={(value) => change({ by: value })} />
          <Grid name={t("nav.statistics")} columns={columns(speaker, by === "day")} rows={rows.data ?? []} rowKey={(row) => `${row.day ?? ""} ${row.activity_id}`} loading={rows.isPending} empty={<Vacant title={t("statistics.none")} about={t("statistics.none.about")} />} />
        </>
      )}
    </>
  );
}
