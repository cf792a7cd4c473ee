import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { engine, take } from "../../api/client";
import { Story } from "../../data/story";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { ProblemPage } from "../../part/problempage";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { Money, When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { SeatGrid } from "../seat/grid";
import { Fill } from "./fill";

// TeamPage is a team with every seat it ever had.
export default function TeamPage() {
  const { id = "" } = useParams();
  const { t } = useSpeaker();
  const file = useQuery({
    queryKey: ["team", id],
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/teams/{team_id}", { params: { path: { team_id: id } } })),
    refetchInterval: 10_000,
  });
  if (file.isError && !file.data) return <ProblemPage error={file.error} back={{ to: "/teams", text: t("nav.teams") }} retry={() => void file.refetch()} />;
  if (!file.data) return <Skeleton active title={false} />;
  const { team, seats, timeline, partner_id } = file.data;
  return (
    <>
      <Head title={t("team.title", { n: team.target })} mark={<State of="teamState" value={team.status} />} back={{ to: "/teams", text: t("nav.teams") }} about={<Ident id={team.team_id} whole />} />
      <div className="split">
        <div>
          <Section>
            <Pairs
              items={[
                [t("team.people"), <Fill team={team} />],
                [t("activity.partner"), <Link to={`/partners/${partner_id}`}>{partner_id}</Link>],
                [t("team.activity"), <Ident id={team.activity_id} to={`/activities/${team.activity_id}`} />],
                [t("stock.goods"), <code>{team.goods_id}</code>],
                [t("team.leader"), <Ident id={team.leader_id} to={`/seats?buyer_id=${team.leader_id}`} />],
                [t("team.capacity"), team.capacity],
                team.virtual > 0 && [t("team.virtual"), team.virtual],
                team.cost_fen !== undefined && [t("team.cost"), <Money fen={team.cost_fen} />],
                team.refunded !== undefined && [t("team.refunded"), team.refunded],
                [t("team.opened"), <When at={team.opened_at} />],
                [t("team.expires"), <When at={team.expires_at} />],
                team.ended_at !== undefined && [t("team.ended"), <When at={team.ended_at} />],
                team.closed_at !== undefined && [t("team.closed"), <When at={team.closed_at} />],
              ]}
            />
          </Section>
          <Section title={t("team.seats")} flush>
            <SeatGrid seats={seats.map((seat) => ({ partner_id, seat }))} />
          </Section>
        </div>
        <Section title={t("story.title")}>
          <Story timeline={timeline} />
        </Section>
      </div>
    </>
  );
}
