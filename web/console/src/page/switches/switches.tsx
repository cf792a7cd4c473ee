import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton, Slider, Switch } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { AuditTrail } from "../audit/trail";

type Settings = Engine["Settings"];

function Rollout({ settings, may, set }: { settings: Settings; may: boolean; set: (rollout: number) => void }) {
  const { t } = useSpeaker();
  const [share, setShare] = useState(settings.rollout_percent);
  useEffect(() => setShare(settings.rollout_percent), [settings.rollout_percent]);
  return (
    <Section title={t("switch.rollout")} extra={<strong className="num">{settings.rollout_percent}%</strong>}>
      <p className="muted">{t("switch.rollout.about")}</p>
      <Slider disabled={!may} min={0} max={100} value={share} onChange={setShare} marks={{ 0: "0%", 50: "50%", 100: "100%" }} ariaLabelForHandle={t("switch.rollout")} />
      {may && share !== settings.rollout_percent && (
        <Button type="primary" onClick={() => set(share)}>{t("switch.rollout.set", { n: share })}</Button>
      )}
    </Section>
  );
}

// Switches are the two that act on every activity at once.
export default function Switches() {
  const { t } = useSpeaker();
  const may = useMay("admin");
  const confirm = useConfirm();
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/settings")), refetchInterval: 10_000 });
  const act = useAct({ run: (body: Settings) => take(engine.PUT("/api/groupbuy/admin/v1/settings", { body })), done: t("switch.done"), touches: ["settings", "audit"] });
  if (settings.isError && !settings.data) return <ProblemView error={settings.error} retry={() => void settings.refetch()} />;
  if (!settings.data) return <Skeleton active title={false} />;
  const now = settings.data;
  const downgrade = (downgraded: boolean) =>
    confirm({
      title: t(downgraded ? "switch.down.title" : "switch.up.title"),
      about: t(downgraded ? "switch.down.about" : "switch.up.about"),
      ok: t(downgraded ? "switch.down.ok" : "switch.up.ok"),
      danger: downgraded,
      run: () => act.mutateAsync({ ...now, downgraded }),
    });
  const rollout = (rollout_percent: number) =>
    confirm({ title: t("switch.rollout.title", { n: rollout_percent }), about: t("switch.rollout.confirm"), ok: t("switch.rollout.set", { n: rollout_percent }), run: () => act.mutateAsync({ ...now, rollout_percent }) });
  return (
    <>
      <Head title={t("nav.switches")} about={t(may ? "switch.about" : "switch.readonly")} />
      <div className="cards">
        <Section title={t("switch.downgrade")} extra={<Switch checked={now.downgraded} disabled={!may} onChange={downgrade} aria-label={t("switch.downgrade")} />}>
          <p className={now.downgraded ? "bad" : "muted"}>{t(now.downgraded ? "switch.is.down" : "switch.is.up")}</p>
          <p className="muted">{t("switch.downgrade.about")}</p>
        </Section>
        <Rollout settings={now} may={may} set={rollout} />
      </div>
      <Section title={t("switch.audit")} extra={<Link to="/audit?action=settings.changed">{t("switch.audit.all")}</Link>} flush>
        <AuditTrail filters={{ action: "settings.changed" }} limit={10} />
      </Section>
    </>
  );
}
