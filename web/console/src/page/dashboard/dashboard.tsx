import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { lazy, Suspense, type ReactNode } from "react";
import { Link } from "react-router";
import { engine, take } from "../../api/client";
import { formedRate, ratio, sum, type Sum } from "../../data/figures";
import { yuan } from "../../format/money";
import { chinaDay } from "../../format/time";
import { useFilters } from "../../list/filters";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { Tile, Tiles } from "../../part/tile";
import { Vacant } from "../../part/vacant";
import { useSpeaker } from "../../text/language";
import { HealthStrip } from "./strip";
import { Best } from "./best";
import { Feed } from "./feed";

const Trends = lazy(() => import("./trends"));
const spans = ["7", "30", "90"];

// change says how much a figure rose or fell against the same number of days before.
function change(now: number, before: number, t: ReturnType<typeof useSpeaker>["t"]): ReactNode {
  if (before === 0) return undefined;
  const moved = Math.round(((now - before) / before) * 100);
  return t(moved < 0 ? "dashboard.fell" : "dashboard.rose", { n: Math.abs(moved) });
}

function Figures({ now, before }: { now: Sum; before: Sum | null }) {
  const { t, length } = useSpeaker();
  const against = (pick: (total: Sum) => number) => (before ? change(pick(now), pick(before), t) : undefined);
  const refunds = ratio(now.seats_refunded, now.seats_paid);
  return (
    <Section>
      <Tiles>
        <Tile name={t("figure.gmv")} value={yuan(now.gmv_fen)} about={against((total) => total.gmv_fen)} />
        <Tile name={t("figure.paid")} value={now.seats_paid} about={against((total) => total.seats_paid)} />
        <Tile name={t("figure.opened")} value={now.teams_opened} about={against((total) => total.teams_opened)} />
        <Tile name={t("figure.formed")} value={now.teams_formed} about={against((total) => total.teams_formed)} />
        <Tile name={t("figure.failed")} value={now.teams_failed} about={against((total) => total.teams_failed)} />
        <Tile name={t("figure.rate")} value={formedRate(now)} />
        <Tile name={t("figure.fill")} value={now.fill_ms === undefined ? "–" : length(now.fill_ms)} />
        <Tile name={t("figure.refundrate")} value={refunds === undefined ? "–" : `${refunds}%`} />
        <Tile name={t("figure.newbuyers")} value={now.new_buyers} about={against((total) => total.new_buyers)} />
      </Tiles>
    </Section>
  );
}

function useFigures(from: string, to: string) {
  const query = { from, to, by: "day" as const };
  return useQuery({
    queryKey: ["statistics", query],
    refetchInterval: 60_000,
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/statistics", { params: { query } }))).items,
  });
}

// Dashboard is how the group-buys go, and whether the system does.
export default function Dashboard() {
  const { t } = useSpeaker();
  const [filters, set] = useFilters(["days"] as const);
  const days = spans.includes(filters.days ?? "") ? Number(filters.days) : 30;
  const [from, to] = [chinaDay(days - 1), chinaDay()];
  const now = useFigures(from, to);
  const before = useFigures(chinaDay(2 * days - 1), chinaDay(days));
  const options = spans.map((value) => ({ value, label: t("figures.days", { n: value }) }));
  const content = () => {
    if (now.isError && !now.data) return <ProblemView error={now.error} retry={() => void now.refetch()} />;
    if (!now.data) return <Skeleton active title={false} paragraph={{ rows: 8 }} />;
    if (now.data.length === 0) return <Vacant title={t("dashboard.none")} about={t("dashboard.none.about")} action={<Link to="/activities">{t("nav.activities")}</Link>} />;
    return (
      <>
        <Figures now={sum(now.data)} before={before.data ? sum(before.data) : null} />
        <Suspense fallback={<Skeleton active title={false} paragraph={{ rows: 8 }} />}>
          <Trends rows={now.data} from={from} to={to} />
        </Suspense>
        <div className="split">
          <Best rows={now.data} />
          <Feed />
        </div>
      </>
    );
  };
  return (
    <>
      <Head title={t("nav.dashboard")} about={t("dashboard.about")} actions={<Tabs name={t("dashboard.span")} value={String(days)} options={options} change={(value) => set({ days: value })} />} />
      <HealthStrip />
      {content()}
    </>
  );
}
