import { Link } from "react-router";
import { mall, take, type Mall } from "../../api/client";
import { FilterBar, FilterChoice, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { Money, Nothing, When } from "../../part/value";
import { useSpeaker, type Speaker } from "../../text/language";

type Order = Mall["Order"];
const states: Mall["OrderStatus"][] = ["awaiting_payment", "teaming", "to_ship", "shipped", "refunding", "refunded", "closed"];
const names = ["status", "mode", "login", "buyer_id", "product_id", "team_id"] as const;

function columns({ t, term }: Speaker) {
  return [
    { title: t("order.id"), render: (row: Order) => <Ident id={row.order_id} to={`/orders/${row.order_id}`} /> },
    { title: t("order.state"), render: (row: Order) => <State of="orderState" value={row.status} /> },
    {
      title: t("order.product"),
      render: (row: Order) => (
        <span className="cell-two">
          <span className="cell-name">{row.product_name}</span>
          <small>{row.sku_name} × {row.quantity}</small>
        </span>
      ),
    },
    { title: t("order.mode"), render: (row: Order) => (row.team_id ? <Link to={`/teams/${row.team_id}`}>{term("mode", row.mode)}</Link> : term("mode", row.mode)) },
    { title: t("order.amount"), render: (row: Order) => <Money fen={row.amount_fen} />, align: "right" as const },
    { title: t("seat.reason"), render: (row: Order) => (row.reason ? term("reason", row.reason) : <Nothing />) },
    { title: t("order.placed"), render: (row: Order) => <When at={row.placed_at} /> },
    { title: t("order.paid"), render: (row: Order) => <When at={row.paid_at} /> },
  ];
}

// Orders finds orders of our own shop.
export default function Orders() {
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const [filters, change] = useFilters(names);
  const { status, mode, ...others } = filters;
  const pages = usePages(["orders", filters], (cursor) =>
    take(mall.GET("/api/mall/admin/v1/orders", {
      params: { query: { ...others, status: status as Mall["OrderStatus"] | undefined, mode: mode as Mall["Mode"] | undefined, cursor, limit: pageSize } },
    })),
  );
  const options = [{ value: "", label: t("list.every") }, ...states.map((value) => ({ value, label: term("orderState", value) }))];
  const modes = (["group", "solo"] as const).map((value) => ({ value, label: term("mode", value) }));
  const filtered = Object.keys(others).length > 0 || mode !== undefined;
  return (
    <>
      <Head title={t("nav.orders")} about={t("order.about")} />
      <Tabs name={t("order.state")} value={status ?? ""} options={options} change={(value) => change({ status: value })} />
      <FilterBar active={filtered} clear={() => change({ mode: undefined, login: undefined, buyer_id: undefined, product_id: undefined, team_id: undefined })}>
        <FilterText label={t("order.login")} value={filters.login} change={(login) => change({ login })} />
        <FilterText label={t("order.buyer")} value={filters.buyer_id} change={(buyer_id) => change({ buyer_id })} />
        <FilterText label={t("order.productid")} value={filters.product_id} change={(product_id) => change({ product_id })} width={160} />
        <FilterText label={t("team.id")} value={filters.team_id} change={(team_id) => change({ team_id })} />
        <FilterChoice label={t("order.mode")} value={mode} change={(value) => change({ mode: value })} options={modes} width={120} />
      </FilterBar>
      <List name={t("nav.orders")} pages={pages} columns={columns(speaker)} rowKey={(row) => row.order_id} empty={<Vacant title={t(Object.keys(filters).length ? "list.nothing" : "order.none")} about={t("order.none.about")} />} />
    </>
  );
}
