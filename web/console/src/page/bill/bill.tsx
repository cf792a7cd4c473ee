import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { mall, take, type Mall } from "../../api/client";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { useAct } from "../../part/act";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { Section } from "../../part/section";
import { State } from "../../part/state";
import { Tile, Tiles } from "../../part/tile";
import { Vacant } from "../../part/vacant";
import { Money } from "../../part/value";
import { yuan } from "../../format/money";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { Resolve } from "./resolve";

type Difference = Mall["BillDifference"];
const states: Mall["DifferenceStatus"][] = ["open", "repaired", "gone", "resolved"];

function columns({ t, term }: Speaker, resolve: ((difference: Difference) => void) | null) {
  return [
    {
      title: t("diff.kind"),
      className: "wrap",
      render: (row: Difference) => (
        <span className="cell-two">
          <strong>{term("diffKind", row.kind)}</strong>
          <small>{term("diffKind.about", row.kind)}</small>
        </span>
      ),
    },
    { title: t("diff.state"), render: (row: Difference) => <State of="diffState" value={row.status} /> },
    { title: t("bill.alipay"), render: (row: Difference) => <Money fen={row.alipay_fen} />, align: "right" as const },
    { title: t("bill.mall"), render: (row: Difference) => <Money fen={row.mall_fen} />, align: "right" as const },
    { title: t("diff.proposal"), className: "wrap", render: (row: Difference) => term("proposal", row.proposal) },
    { title: t("payment.id"), render: (row: Difference) => <Ident id={row.payment_id} /> },
    { title: t("order.id"), render: (row: Difference) => (row.order_id ? <Ident id={row.order_id} to={`/orders/${row.order_id}`} /> : "–") },
    { title: t("diff.note"), className: "wrap", render: (row: Difference) => (row.note ? `${row.note} (${row.by ?? ""})` : "–") },
    ...(resolve ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: (row: Difference) => row.status === "open" && <Button size="small" onClick={() => resolve(row)}>{t("diff.resolve")}</Button> }] : []),
  ];
}

function Sums({ name, sums }: { name: string; sums?: Mall["BillSums"] }) {
  const { t } = useSpeaker();
  return (
    <Section title={name}>
      <Tiles>
        <Tile name={t("bill.received")} value={sums ? yuan(sums.received_fen) : "–"} about={sums && t("bill.payments", { n: sums.payments })} />
        <Tile name={t("bill.refunded")} value={sums ? yuan(sums.refunded_fen) : "–"} about={sums && t("bill.refunds", { n: sums.refunds })} />
        {sums?.fees_fen !== undefined && <Tile name={t("bill.fees")} value={yuan(sums.fees_fen)} />}
      </Tiles>
    </Section>
  );
}

// useBill finds a day in the list of bills, which has no address for one of them.
function useBill(day: string) {
  return useQuery({
    queryKey: ["bills", "day", day],
    queryFn: async () => (await take(mall.GET("/api/mall/admin/v1/bills", { params: { query: { limit: 100 } } }))).items.find((bill) => bill.day === day) ?? null,
    refetchInterval: 10_000,
  });
}

// BillPage is one day's bill with what differs.
export default function BillPage() {
  const { day = "" } = useParams();
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const may = useMay("operator");
  const [resolving, setResolving] = useState<Difference | null>(null);
  const [filters, change] = useFilters(["status"] as const);
  const { data: bill } = useBill(day);
  const pages = usePages(["differences", day, filters], (cursor) =>
    take(mall.GET("/api/mall/admin/v1/bills/{day}/differences", { params: { path: { day }, query: { status: filters.status as Mall["DifferenceStatus"] | undefined, cursor, limit: pageSize } } })),
  );
  const run = useAct({ run: () => take(mall.POST("/api/mall/admin/v1/bills/{day}/run", { params: { path: { day } } })), done: t("bill.running"), touches: ["bills", "differences"] });
  const options = [{ value: "", label: t("list.every") }, ...states.map((value) => ({ value, label: term("diffState", value) }))];
  return (
    <>
      <Head
        title={t("bill.title", { day })}
        mark={bill && <State of="billState" value={bill.status} />}
        back={{ to: "/bills", text: t("nav.bills") }}
        about={bill?.last_error}
        actions={may && <Button loading={run.isPending} onClick={() => run.mutate()}>{t("bill.run")}</Button>}
      />
      {bill && (
        <div className="cards">
          <Sums name={t("bill.alipay.side")} sums={bill.alipay} />
          <Sums name={t("bill.mall.side")} sums={bill.mall} />
        </div>
      )}
      <Tabs name={t("diff.state")} value={filters.status ?? ""} options={options} change={(status) => change({ status })} />
      <List name={t("diff.title")} pages={pages} columns={columns(speaker, may ? setResolving : null)} rowKey={(row) => row.difference_id} empty={<Vacant title={t("diff.none")} about={t("diff.none.about")} />} />
      {resolving && <Resolve difference={resolving} close={() => setResolving(null)} />}
    </>
  );
}
