import { Link } from "react-router";
import { mall, take, type Mall } from "../../api/client";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Head } from "../../part/head";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { Money, When } from "../../part/value";
import { useSpeaker, type Speaker } from "../../text/language";

type Bill = Mall["Bill"];

function Sums({ sums }: { sums?: Mall["BillSums"] }) {
  const { t } = useSpeaker();
  if (!sums) return <>–</>;
  return (
    <span className="cell-two">
      <Money fen={sums.received_fen - sums.refunded_fen} />
      <small>{t("bill.counts", { payments: sums.payments, refunds: sums.refunds })}</small>
    </span>
  );
}

function columns({ t }: Speaker) {
  return [
    { title: t("bill.day"), render: (row: Bill) => <Link to={`/bills/${row.day}`}>{row.day}</Link> },
    { title: t("bill.state"), render: (row: Bill) => <State of="billState" value={row.status} /> },
    { title: t("bill.alipay"), render: (row: Bill) => <Sums sums={row.alipay} /> },
    { title: t("bill.mall"), render: (row: Bill) => <Sums sums={row.mall} /> },
    { title: t("bill.open"), render: (row: Bill) => (row.open > 0 ? <strong className="bad">{row.open}</strong> : 0), align: "right" as const },
    { title: t("bill.settled"), render: (row: Bill) => row.repaired + row.gone + row.resolved, align: "right" as const },
    { title: t("bill.matched"), render: (row: Bill) => <When at={row.matched_at} /> },
    { title: t("refund.error"), className: "wrap", render: (row: Bill) => row.last_error ?? "–" },
  ];
}

// Bills lists the payment provider's bill of each day and how it matches the books.
export default function Bills() {
  const speaker = useSpeaker();
  const { t } = speaker;
  const pages = usePages(["bills"], (cursor) => take(mall.GET("/api/mall/admin/v1/bills", { params: { query: { cursor, limit: pageSize } } })));
  return (
    <>
      <Head title={t("nav.bills")} about={t("bill.about")} />
      <List name={t("nav.bills")} pages={pages} columns={columns(speaker)} rowKey={(row) => row.day} empty={<Vacant title={t("bill.none")} about={t("bill.none.about")} />} />
    </>
  );
}
