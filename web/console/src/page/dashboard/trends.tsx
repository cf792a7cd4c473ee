import { useMemo } from "react";
import Chart from "../../chart/chart";
import { byDay, ratio, sum, type Figures, type Sum } from "../../data/figures";
import { yuan, yuanShort } from "../../format/money";
import { daysBetween } from "../../format/time";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";
import { Outcome } from "./outcome";

const percent = (value: number) => `${value}%`;
const minutes = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms / 6000) / 10);

// Trends draws the figures day by day.
export default function Trends({ rows, from, to }: { rows: Figures[]; from: string; to: string }) {
  const { t } = useSpeaker();
  const days = useMemo(() => daysBetween(from, to), [from, to]);
  const sums = useMemo(() => byDay(rows, days), [rows, days]);
  const of = (pick: (day: Sum) => number | undefined) => sums.map(pick);
  return (
    <div className="cards">
      <Section title={t("figure.gmv")}>
        <Chart label={t("figure.gmv")} days={days} format={yuan} axis={yuanShort} series={[{ name: t("figure.gmv"), values: of((day) => day.gmv_fen), kind: "line", tone: "accent" }]} />
      </Section>
      <Section title={t("trend.orders")}>
        <Chart
          label={t("trend.orders")}
          days={days}
          series={[
            { name: t("figure.paid"), values: of((day) => day.seats_paid), kind: "bar", tone: "accent" },
            { name: t("figure.newbuyers"), values: of((day) => day.new_buyers), kind: "bar", tone: "violet" },
          ]}
        />
      </Section>
      <Section title={t("trend.teams")}>
        <Chart
          label={t("trend.teams")}
          days={days}
          series={[
            { name: t("figure.opened"), values: of((day) => day.teams_opened), kind: "line", tone: "accent" },
            { name: t("figure.formed"), values: of((day) => day.teams_formed), kind: "bar", tone: "good", stack: "ended" },
            { name: t("figure.failed"), values: of((day) => day.teams_failed), kind: "bar", tone: "bad", stack: "ended" },
          ]}
        />
      </Section>
      <Section title={t("trend.rates")}>
        <Chart
          label={t("trend.rates")}
          days={days}
          format={percent}
          most={100}
          series={[
            { name: t("figure.rate"), values: of((day) => ratio(day.teams_formed, day.teams_formed + day.teams_failed)), kind: "line", tone: "good" },
            { name: t("figure.refundrate"), values: of((day) => ratio(day.seats_refunded, day.seats_paid)), kind: "line", tone: "warn" },
          ]}
        />
      </Section>
      <Section title={t("trend.fill")}>
        <Chart label={t("trend.fill")} days={days} series={[{ name: t("trend.fill"), values: of((day) => minutes(day.fill_ms)), kind: "line", tone: "violet" }]} />
      </Section>
      <Outcome total={sum(rows)} />
    </div>
  );
}
