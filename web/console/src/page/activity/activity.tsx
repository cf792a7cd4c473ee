import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useActivity, useTagName, type Activity } from "../../data/reference";
import { yuan } from "../../format/money";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { ProblemPage } from "../../part/problempage";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { ActivityActions } from "./actions";
import { DryRun } from "./dryrun";
import { Figures } from "./figures";
import { planText } from "./plan";

function Prices({ activity }: { activity: Activity }) {
  const { t } = useSpeaker();
  const tag = useTagName(activity.partner_id);
  return (
    <Section title={t("activity.price")}>
      <ul className="plain">
        {activity.rules.map((rule, n) => (
          <li key={n}>
            {planText(rule.plan, t)} · <span className="muted">{rule.tag ? t("preview.tag", { tag: tag(rule.tag) }) : t("wizard.everybody")}</span>
          </li>
        ))}
        {activity.leader_discount_fen > 0 && <li>{t("activity.leader", { off: yuan(activity.leader_discount_fen) })}</li>}
        {activity.tiers.map((tier) => (
          <li key={tier.size}>
            {t("preview.tier", { n: tier.size })} {planText(tier.plan, t)}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Settings({ activity }: { activity: Activity }) {
  const { t, length } = useSpeaker();
  const { limits, audience } = activity;
  const name = useTagName(activity.partner_id);
  const tag = (id: string) => <Link to={`/tags/${id}`}>{name(id)}</Link>;
  const count = (value: number | undefined) => value || t("wizard.nolimit");
  const list = (values: string[] | undefined) => (values?.length ? values.join(", ") : null);
  const yes = (value: boolean) => t(value ? "value.yes" : "value.no");
  return (
    <Section title={t("activity.settings")}>
      <Pairs
        items={[
          ["ID", <Ident id={activity.activity_id} whole />],
          [t("activity.partner"), <Link to={`/partners/${activity.partner_id}`}>{activity.partner_id}</Link>],
          [t("activity.size"), t("activity.size.value", { n: activity.team_size || 0 })],
          [t("activity.starts"), <When at={activity.starts_at} />],
          [t("activity.ends"), <When at={activity.ends_at} />],
          [t("wizard.teamttl"), length(activity.team_ttl_seconds * 1000)],
          [t("wizard.seatttl"), length(activity.seat_ttl_seconds * 1000)],
          [t("wizard.rollout"), `${activity.rollout_percent}%`],
          [t("wizard.quantity"), activity.max_quantity],
          [t("wizard.limit.open"), count(limits.open)],
          [t("wizard.limit.join"), count(limits.join)],
          [t("wizard.limit.total"), count(limits.total)],
          [t("wizard.alone"), yes(activity.buy_alone)],
          [t("wizard.newbuyers"), yes(activity.new_buyers_only)],
          [t("wizard.close"), yes(activity.close_teams_at_end)],
          [t("wizard.minreal"), activity.min_real || t("value.no")],
          [t("wizard.goods"), list(activity.goods) ?? "–"],
          [t("wizard.channels"), list(activity.channels) ?? t("list.every")],
          audience.see ? [t("wizard.see"), tag(audience.see)] : null,
          audience.join ? [t("wizard.join"), tag(audience.join)] : null,
          activity.instant_tag ? [t("wizard.instant_tag"), tag(activity.instant_tag)] : null,
          list(activity.allow_buyers) ? [t("wizard.allow"), list(activity.allow_buyers)] : null,
          list(activity.deny_buyers) ? [t("wizard.deny"), list(activity.deny_buyers)] : null,
          list(activity.blocked_channels) ? [t("wizard.blocked"), list(activity.blocked_channels)] : null,
          activity.stock.length > 0 && [t("stock.title"), activity.stock.map((one) => `${one.goods_id}/${one.sku_id}: ${one.pieces}`).join(", ")],
        ]}
      />
    </Section>
  );
}

// ActivityPage is one activity: what it does, what it would cost a buyer, what came of it, and what can be done to it.
export default function ActivityPage() {
  const { id } = useParams();
  const { t } = useSpeaker();
  const { data: activity, isError, error, refetch } = useActivity(id);
  if (isError) return <ProblemPage error={error} back={{ to: "/activities", text: t("nav.activities") }} retry={() => void refetch()} />;
  if (!activity) return <Skeleton active title={false} />;
  return (
    <>
      <Head
        title={activity.name}
        mark={<State of="activityState" value={activity.status} />}
        back={{ to: "/activities", text: t("nav.activities") }}
        about={
          <>
            <Link to={`/teams?activity_id=${activity.activity_id}`}>{t("activity.teams")}</Link>
            {" · "}
            <Link to={`/audit?subject=${activity.activity_id}`}>{t("activity.audit")}</Link>
          </>
        }
        actions={<ActivityActions activity={activity} />}
      />
      <div className="split">
        <div>
          <Figures activity={activity.activity_id} />
          <Settings activity={activity} />
        </div>
        <div>
          <Prices activity={activity} />
          <DryRun activity={activity} />
        </div>
      </div>
    </>
  );
}
