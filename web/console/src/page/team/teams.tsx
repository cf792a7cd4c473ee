import { engine, take, type Engine } from "../../api/client";
import { usePartnerOptions } from "../../data/reference";
import { FilterBar, FilterChoice, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useSpeaker, type Speaker } from "../../text/language";
import { Fill } from "./fill";

type Found = Engine["FoundTeam"];
const states: Engine["TeamStatus"][] = ["forming", "formed", "failed"];
const names = ["status", "team_id", "partner_id", "activity_id", "goods_id", "leader_id"] as const;

function columns(t: Speaker["t"]) {
  return [
    { title: t("team.id"), render: ({ team }: Found) => <Ident id={team.team_id} to={`/teams/${team.team_id}`} /> },
    { title: t("team.state"), render: ({ team }: Found) => <State of="teamState" value={team.status} /> },
    { title: t("team.people"), render: ({ team }: Found) => <Fill team={team} /> },
    { title: t("activity.partner"), dataIndex: "partner_id" },
    { title: t("team.activity"), render: ({ team }: Found) => <Ident id={team.activity_id} to={`/activities/${team.activity_id}`} /> },
    { title: t("stock.goods"), render: ({ team }: Found) => <code>{team.goods_id}</code> },
    { title: t("team.leader"), render: ({ team }: Found) => <Ident id={team.leader_id} to={`/seats?buyer_id=${team.leader_id}`} /> },
    { title: t("team.opened"), render: ({ team }: Found) => <When at={team.opened_at} /> },
    { title: t("team.ends"), render: ({ team }: Found) => <When at={team.ended_at ?? team.expires_at} /> },
  ];
}

// Teams finds teams.
export default function Teams() {
  const { t, term } = useSpeaker();
  const partners = usePartnerOptions();
  const [filters, change] = useFilters(names);
  const { status, ...others } = filters;
  const pages = usePages(["teams", filters], (cursor) =>
    take(engine.GET("/api/groupbuy/admin/v1/teams", {
      params: { query: { ...others, status: status as Engine["TeamStatus"] | undefined, cursor, limit: pageSize } },
    })),
  );
  const options = [{ value: "", label: t("list.every") }, ...states.map((value) => ({ value, label: term("teamState", value) }))];
  const clear = () => change({ team_id: undefined, partner_id: undefined, activity_id: undefined, goods_id: undefined, leader_id: undefined });
  return (
    <>
      <Head title={t("nav.teams")} about={t("team.about")} />
      <Tabs name={t("team.state")} value={status ?? ""} options={options} change={(value) => change({ status: value })} />
      <FilterBar active={Object.keys(others).length > 0} clear={clear}>
        <FilterText label={t("team.id")} value={filters.team_id} change={(team_id) => change({ team_id })} />
        <FilterText label={t("team.activity")} value={filters.activity_id} change={(activity_id) => change({ activity_id })} />
        <FilterText label={t("stock.goods")} value={filters.goods_id} change={(goods_id) => change({ goods_id })} width={150} />
        <FilterText label={t("team.leader")} value={filters.leader_id} change={(leader_id) => change({ leader_id })} width={150} />
        <FilterChoice label={t("activity.partner")} value={filters.partner_id} change={(partner_id) => change({ partner_id })} options={partners} />
      </FilterBar>
      <List name={t("nav.teams")} pages={pages} columns={columns(t)} rowKey={({ team }) => team.team_id} empty={<Vacant title={t(Object.keys(filters).length ? "list.nothing" : "team.none")} about={t("team.none.about")} />} />
    </>
  );
}
