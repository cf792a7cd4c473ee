import { useQuery } from "@tanstack/react-query";
import { engine, take } from "../../api/client";
import type { Activity } from "../../data/reference";
import { useSpeaker } from "../../text/language";

const most = 100;

// Impact says whom a stop would meet: the teams that are open, and the people in them.
export function Impact({ activity }: { activity: Activity }) {
  const { t } = useSpeaker();
  const query = { activity_id: activity.activity_id, status: "forming" as const, limit: most };
  const { data } = useQuery({
    queryKey: ["teams", "impact", query],
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/teams", { params: { query } })),
  });
  if (!data) return null;
  const people = data.items.reduce((n, { team }) => n + team.paid + team.held, 0);
  if (data.items.length === 0) return <p className="muted">{t("impact.none")}</p>;
  return <p className="muted">{t(data.has_more ? "impact.many" : "impact.some", { teams: data.items.length, people })}</p>;
}
