import type { Engine } from "../../api/client";
import { Grid } from "../../list/table";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Money, Nothing, When } from "../../part/value";
import { Vacant } from "../../part/vacant";
import { useSpeaker, type Speaker } from "../../text/language";

export type FoundSeat = Engine["FoundSeat"];

export const seatLink = ({ partner_id, seat }: FoundSeat) => `/seats/${partner_id}/${seat.out_trade_no}`;

// seatColumns are the columns of every list of seats.
export function seatColumns({ t, term }: Speaker) {
  return [
    { title: t("seat.no"), render: (row: FoundSeat) => <Ident id={row.seat.out_trade_no} to={seatLink(row)} /> },
    { title: t("seat.state"), render: ({ seat }: FoundSeat) => <State of="seatState" value={seat.status} /> },
    {
      title: t("seat.buyer"),
      render: ({ seat }: FoundSeat) => (
        <>
          <Ident id={seat.buyer_id} to={`/seats?buyer_id=${seat.buyer_id}`} /> {seat.opened && <small className="muted">{t("seat.leader")}</small>}
        </>
      ),
    },
    { title: t("seat.amount"), render: ({ seat }: FoundSeat) => <Money fen={seat.amount_fen} />, align: "right" as const },
    { title: t("seat.reason"), render: ({ seat }: FoundSeat) => (seat.reason ? term("reason", seat.reason) : <Nothing />) },
    { title: t("seat.held"), render: ({ seat }: FoundSeat) => <When at={seat.held_at} /> },
    { title: t("seat.paid"), render: ({ seat }: FoundSeat) => <When at={seat.paid_at} /> },
  ];
}

// SeatGrid lists seats that are all here.
export function SeatGrid({ seats }: { seats: FoundSeat[] }) {
  const speaker = useSpeaker();
  const { t } = speaker;
  return <Grid name={t("nav.seats")} columns={seatColumns(speaker)} rows={seats} rowKey={({ seat }) => seat.seat_id} empty={<Vacant title={t("seat.none")} />} />;
}
