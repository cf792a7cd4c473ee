import type { Schema } from "../api/client";
import { useMyTeams } from "../api/queries";
import { missing } from "../logic/deal";
import { to, type Place } from "../router";
import { useSay } from "../text/text";
import { Gate } from "../ui/gate";
import { OrderCard } from "../ui/ordercard";
import { Bones, Failed, LinkButton, Note, Tabs } from "../ui/parts";
import { Shell } from "../ui/shell";
import { Countdown } from "../ui/time";
import { More } from "./home";

const tabs = ["running", "formed", "failed"] as const;

/** Teams lists the teams that the buyer is in. */
export function Teams({ place }: { place: Place }) {
  const say = useSay();
  const tab = tabs.find((other) => other === place.query.get("tab")) ?? "running";
  return (
    <Shell page="teams" title={say("teams_title")} className="narrow">
      <Tabs label={say("tab_label")} chosen={tab} href={(id) => to("teams", "", { tab: id === "running" ? undefined : id })}
        tabs={tabs.map((id) => ({ id, text: say(`tab_${id}`) }))} />
      <Gate here={place.href}>
        <List tab={tab} />
      </Gate>
    </Shell>
  );
}

function List({ tab }: { tab: Schema["TeamTab"] }) {
  const say = useSay();
  const list = useMyTeams(tab, true);
  const teams = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) return <Bones kind="row" count={3} />;
  if (list.isError && teams.length === 0) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (teams.length === 0) {
    return (
      <Note icon="teams" title={say("teams_empty_title")} text={say("teams_empty_text")}>
        <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
      </Note>
    );
  }
  return (
    <>
      <ul className="list">
        {teams.map(({ order, team }) => (
          <li key={order.order_id}>
            <OrderCard order={order}>
              <Standing team={team} />
              {order.team_id && <LinkButton look={team?.status === "forming" ? "main" : "line"} href={to("team", order.team_id)}>{say(team?.status === "forming" ? "invite_now" : "see_team")}</LinkButton>}
            </OrderCard>
          </li>
        ))}
      </ul>
      {list.hasNextPage && <More busy={list.isFetchingNextPage} more={() => void list.fetchNextPage()} />}
    </>
  );
}

function Standing({ team }: { team: Schema["Team"] | undefined }) {
  const say = useSay();
  if (!team) return <span className="soft">{say("team_unknown")}</span>;
  if (team.status !== "forming") return <span className="soft">{say(team.status === "formed" ? "team_formed" : "team_failed")}</span>;
  return (
    <span className="standing">
      <strong>{say("missing_people", { n: missing(team).people })}</strong>
      <small><Countdown until={team.expires_at} /></small>
    </span>
  );
}
