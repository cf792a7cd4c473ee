import { useQuery } from "@tanstack/react-query";
import { engine, take } from "../../api/client";
import { percent, yuan } from "../../format/money";
import { chinaDay } from "../../format/time";
import { Section } from "../../part/section";
import { Tile, Tiles } from "../../part/tile";
import { formedRate } from "../../data/figures";
import { useSpeaker } from "../../text/language";

const days = 30;

// Figures are what came of an activity in the last thirty days.
export function Figures({ activity }: { activity: string }) {
  const { t, length } = useSpeaker();
  const query = { from: chinaDay(days - 1), to: chinaDay(), activity_id: activity, by: "activity" as const };
  const { data } = useQuery({
    queryKey: ["statistics", query],
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/statistics", { params: { query } }))).items,
  });
  const row = data?.[0];
  if (!row) return null;
  return (
    <Section title={t("figures.days", { n: days })}>
      <Tiles>
        <Tile name={t("figure.gmv")} value={yuan(row.gmv_fen)} />
        <Tile name={t("figure.opened")} value={row.teams_opened} />
        <Tile name={t("figure.formed")} value={row.teams_formed} about={formedRate(row)} />
        <Tile name={t("figure.failed")} value={row.teams_failed} />
        <Tile name={t("figure.fill")} value={row.median_fill_ms === undefined ? "–" : length(row.median_fill_ms)} />
        <Tile name={t("figure.refundrate")} value={percent(row.refund_rate_bp)} />
      </Tiles>
    </Section>
  );
}
