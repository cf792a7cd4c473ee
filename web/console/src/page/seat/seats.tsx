import { engine, take, type Engine } from "../../api/client";
import { usePartnerOptions } from "../../data/reference";
import { FilterBar, FilterChoice, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { Vacant } from "../../part/vacant";
import { useSpeaker } from "../../text/language";
import { seatColumns, type FoundSeat } from "./grid";

const states: Engine["SeatStatus"][] = ["held", "paid", "released", "refunding", "refunded"];
const names = ["status", "out_trade_no", "buyer_id", "team_id", "partner_id"] as const;

// Seats finds places in teams, one per order of a partner.
export default function Seats() {
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const partners = usePartnerOptions();
  const [filters, change] = useFilters(names);
  const { status, ...others } = filters;
  const pages = usePages(["seats", filters], (cursor) =>
    take(engine.GET("/api/groupbuy/admin/v1/seats", {
      params: { query: { ...others, status: status as Engine["SeatStatus"] | undefined, cursor, limit: pageSize } },
    })),
  );
  const options = [{ value: "", label: t("list.every") }, ...states.map((value) => ({ value, label: term("seatState", value) }))];
  const clear = () => change({ out_trade_no: undefined, buyer_id: undefined, team_id: undefined, partner_id: undefined });
  const columns = [
    ...seatColumns(speaker),
    { title: t("team.id"), render: ({ seat }: FoundSeat) => <Ident id={seat.team_id} to={`/teams/${seat.team_id}`} /> },
    { title: t("activity.partner"), dataIndex: "partner_id" },
  ];
  return (
    <>
      <Head title={t("nav.seats")} about={t("seat.about")} />
      <Tabs name={t("seat.state")} value={status ?? ""} options={options} change={(value) => change({ status: value })} />
      <FilterBar active={Object.keys(others).length > 0} clear={clear}>
        <FilterText label={t("seat.no")} value={filters.out_trade_no} change={(out_trade_no) => change({ out_trade_no })} />
        <FilterText label={t("seat.buyer")} value={filters.buyer_id} change={(buyer_id) => change({ buyer_id })} />
        <FilterText label={t("team.id")} value={filters.team_id} change={(team_id) => change({ team_id })} />
        <FilterChoice label={t("activity.partner")} value={filters.partner_id} change={(partner_id) => change({ partner_id })} options={partners} />
      </FilterBar>
      <List name={t("nav.seats")} pages={pages} columns={columns} rowKey={({ seat }) => seat.seat_id} empty={<Vacant title={t(Object.keys(filters).length ? "list.nothing" : "seat.none")} about={t("seat.none.about")} />} />
    </>
  );
}
