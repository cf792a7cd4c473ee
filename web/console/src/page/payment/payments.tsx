import { mall, take, type Mall } from "../../api/client";
import { FilterBar, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { paymentColumns } from "../order/money";

type Payment = Mall["Payment"];
const states: Mall["PaymentStatus"][] = ["pending", "succeeded", "closed"];
const unanswered = "unknown"; // a tab beside the states: what Alipay gave no answer about
const names = ["status", "payment_id", "order_id", "provider_no"] as const;

// Payments finds payments of our own shop, first of all those whose fate is not known.
export default function Payments() {
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const [filters, change] = useFilters(names);
  const { status, ...others } = filters;
  const unknown = status === unanswered;
  const query = { ...others, status: unknown ? undefined : (status as Mall["PaymentStatus"] | undefined), unknown: unknown || undefined };
  const pages = usePages(["payments", filters], (cursor) => take(mall.GET("/api/mall/admin/v1/payments", { params: { query: { ...query, cursor, limit: pageSize } } })), 15_000);
  const options = [
    { value: "", label: t("list.every") },
    { value: unanswered, label: t("payment.unknown") },
    ...states.map((value) => ({ value, label: term("paymentState", value) })),
  ];
  const [id, ...columns] = paymentColumns(speaker);
  const all = [
    id!,
    { title: t("order.id"), render: (row: Payment) => <Ident id={row.order_id} to={`/orders/${row.order_id}`} /> },
    ...columns,
    { title: t("payment.unknownsince"), render: (row: Payment) => <When at={row.unknown_since} /> },
  ];
  const empty = unknown ? <Vacant title={t("payment.unknown.none")} about={t("payment.unknown.about")} /> : <Vacant title={t(Object.keys(filters).length ? "list.nothing" : "payment.none")} about={t("payment.none.about")} />;
  return (
    <>
      <Head title={t("nav.payments")} about={t("payment.about")} />
      <Tabs name={t("payment.state")} value={status ?? ""} options={options} change={(value) => change({ status: value })} />
      <FilterBar active={Object.keys(others).length > 0} clear={() => change({ payment_id: undefined, order_id: undefined, provider_no: undefined })}>
        <FilterText label={t("payment.id")} value={filters.payment_id} change={(payment_id) => change({ payment_id })} width={280} />
        <FilterText label={t("payment.trade")} value={filters.provider_no} change={(provider_no) => change({ provider_no })} width={280} />
        <FilterText label={t("order.id")} value={filters.order_id} change={(order_id) => change({ order_id })} width={280} />
      </FilterBar>
      <List name={t("nav.payments")} pages={pages} columns={all} rowKey={(row) => row.payment_id} empty={empty} />
    </>
  );
}
