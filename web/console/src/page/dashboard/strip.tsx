import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { engine, mall, take } from "../../api/client";
import { backlog, sick, useJobs, useReport } from "../../data/health";
import { usePartners } from "../../data/reference";
import { useSpeaker } from "../../text/language";

const most = 100;

// useDead counts the deliveries that were given up, over all partners. The link leads to a partner that has some.
function useDead() {
  const partners = usePartners().data ?? [];
  const ids = partners.map((partner) => partner.partner_id);
  return useQuery({
    queryKey: ["deliveries", "dead", ids],
    enabled: ids.length > 0,
    refetchInterval: 30_000,
    queryFn: async () => {
      const found = await Promise.all(ids.map(async (partner_id) => {
        const page = await take(engine.GET("/api/groupbuy/admin/v1/partners/{partner_id}/deliveries", { params: { path: { partner_id }, query: { status: "dead", limit: most } } }));
        return { partner_id, n: page.items.length, more: page.has_more };
      }));
      return { n: found.reduce((n, one) => n + one.n, 0), more: found.some((one) => one.more), where: found.find((one) => one.n > 0)?.partner_id ?? ids[0]! };
    },
  });
}

function useFailedRefunds() {
  return useQuery({
    queryKey: ["refunds", "count"],
    refetchInterval: 30_000,
    queryFn: () => take(mall.GET("/api/mall/admin/v1/refunds", { params: { query: { limit: most } } })),
  });
}

type Light = "good" | "warn" | "bad" | "unknown";

function Lamp({ name, value, light, to }: { name: string; value: ReactNode; light: Light; to: string }) {
  const { term } = useSpeaker();
  return (
    <li>
      <Link to={to} className={`lamp lamp-${light}`}>
        <span className="lamp-name">{name}</span>
        <strong>{value}</strong>
        <span className="unseen">{term("lamp", light)}</span>
      </Link>
    </li>
  );
}

// counted lights a count: none is good; some is worth a look, or worse.
function counted(n: number | undefined, worst: Light, from = 1): Light {
  if (n === undefined) return "unknown";
  return n >= from ? worst : "good";
}

// HealthStrip says at a glance whether anything is stuck.
export function HealthStrip() {
  const { t } = useSpeaker();
  const engineJobs = useJobs("engine").data;
  const mallJobs = useJobs("mall").data;
  const jobs = engineJobs && mallJobs ? [...engineJobs, ...mallJobs] : undefined;
  const reports = [useReport("engine").data, useReport("mall").data];
  const broken = reports.some((report) => !report) ? undefined : reports.reduce((n, report) => n + report!.violations.length, 0);
  const dead = useDead().data;
  const failed = useFailedRefunds().data;
  const waiting = jobs && backlog(jobs, ".relay");
  const unknown = mallJobs && backlog(mallJobs, "mall.query_pending");
  const failing = jobs && sick(jobs).length;
  const show = (n: number | undefined, more?: boolean) => (n === undefined ? "–" : more ? `${n}+` : n);
  return (
    <ul className="strip" aria-label={t("strip.title")}>
      <Lamp name={t("strip.outbox")} value={show(waiting)} light={counted(waiting, "warn", 50)} to="/health" />
      <Lamp name={t("strip.unknown")} value={show(unknown)} light={counted(unknown, "warn", 10)} to="/payments?status=unknown" />
      <Lamp name={t("strip.dead")} value={show(dead?.n, dead?.more)} light={counted(dead?.n, "bad")} to={`/partners/${dead?.where ?? ""}?tab=deliveries&status=dead`} />
      <Lamp name={t("strip.refunds")} value={show(failed?.items.length, failed?.has_more)} light={counted(failed?.items.length, "bad")} to="/refunds" />
      <Lamp name={t("strip.jobs")} value={show(failing)} light={counted(failing, "bad")} to="/health" />
      <Lamp name={t("strip.invariants")} value={broken === undefined ? "–" : broken === 0 ? t("strip.hold") : t("strip.broken", { n: broken })} light={counted(broken, "bad")} to="/health" />
    </ul>
  );
}
