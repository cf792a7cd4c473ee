import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { mallPartner } from "../../data/reference";
import { Story } from "../../data/story";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { ProblemPage } from "../../part/problempage";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { Money, When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { planText } from "../activity/plan";
import { Fill } from "../team/fill";

function Price({ seat }: { seat: Engine["Seat"] }) {
  const { t } = useSpeaker();
  return (
    <Section title={t("seat.price")}>
      <Pairs
        items={[
          [t("seat.original"), <Money fen={seat.original_price_fen} />],
          [t("seat.deduction"), <Money fen={seat.deduction_fen} />],
          [t("seat.pay"), <Money fen={seat.pay_price_fen} />],
          [t("seat.quantity"), seat.quantity],
          [t("seat.amount"), <strong><Money fen={seat.amount_fen} /></strong>],
          [t("plan.kind"), planText(seat.plan, t)],
          seat.tag !== undefined && [t("wizard.rule.tag"), <Link to={`/tags/${seat.tag}`}>{seat.tag}</Link>],
          seat.leader_discount_fen !== undefined && [t("wizard.leader"), <Money fen={seat.leader_discount_fen} />],
          seat.difference_fen !== undefined && [t("seat.difference"), <Money fen={seat.difference_fen} />],
          seat.owed_fen !== undefined && [t("seat.owed"), <strong><Money fen={seat.owed_fen} /></strong>],
        ]}
      />
    </Section>
  );
}

// SeatPage is one place in a team: whose, at what price and why, and what happened to it.
export default function SeatPage() {
  const { partner = "", no = "" } = useParams();
  const { t, term } = useSpeaker();
  const file = useQuery({
    queryKey: ["seat", partner, no],
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/seats/{partner_id}/{out_trade_no}", { params: { path: { partner_id: partner, out_trade_no: no } } })),
    refetchInterval: 10_000,
  });
  if (file.isError && !file.data) return <ProblemPage error={file.error} back={{ to: "/seats", text: t("nav.seats") }} retry={() => void file.refetch()} />;
  if (!file.data) return <Skeleton active title={false} />;
  const { seat, team, timeline } = file.data;
  return (
    <>
      <Head title={t("seat.title")} mark={<State of="seatState" value={seat.status} />} back={{ to: "/seats", text: t("nav.seats") }} about={<Ident id={seat.out_trade_no} whole to={partner === mallPartner ? `/orders/${no}` : undefined} />} />
      <div className="split">
        <div>
          <Section>
            <Pairs
              items={[
                [t("seat.buyer"), <Ident id={seat.buyer_id} to={`/seats?buyer_id=${seat.buyer_id}`} />],
                [t("team.id"), <Ident id={team.team_id} to={`/teams/${team.team_id}`} />],
                [t("team.people"), <Fill team={team} />],
                [t("team.activity"), <Ident id={seat.activity_id} to={`/activities/${seat.activity_id}`} />],
                [t("stock.sku"), <code>{`${seat.goods_id} / ${seat.sku_id}`}</code>],
                [t("dryrun.channel"), seat.channel],
                [t("seat.role"), t(seat.opened ? "seat.leader" : "seat.member")],
                seat.reason !== undefined && [t("seat.reason"), term("reason", seat.reason)],
                seat.asked_reason !== undefined && [t("seat.asked"), seat.asked_reason],
                [t("seat.held"), <When at={seat.held_at} exact />],
                [t("seat.deadline"), <When at={seat.expires_at} exact />],
                [t("seat.paid"), <When at={seat.paid_at} exact />],
                seat.provider_no !== undefined && [t("seat.provider"), <Ident id={seat.provider_no} whole />],
                seat.asked_no !== undefined && [t("seat.asked.no"), <Ident id={seat.asked_no} />],
                seat.refund_no !== undefined && [t("seat.refund.no"), <Ident id={seat.refund_no} />],
              ]}
            />
          </Section>
          <Price seat={seat} />
        </div>
        <Section title={t("story.title")}>
          <Story timeline={timeline} />
        </Section>
      </div>
    </>
  );
}
