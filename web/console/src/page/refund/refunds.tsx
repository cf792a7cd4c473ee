import { Button } from "antd";
import { mall, take, type Mall } from "../../api/client";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { yuan } from "../../format/money";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { Vacant } from "../../part/vacant";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { refundColumns } from "../order/money";

type Refund = Mall["Refund"];

// Refunds is the queue of refunds that the payment provider refused, which wait for a person.
export default function Refunds() {
  const speaker = useSpeaker();
  const { t } = speaker;
  const may = useMay("operator");
  const confirm = useConfirm();
  const pages = usePages(["refunds"], (cursor) => take(mall.GET("/api/mall/admin/v1/refunds", { params: { query: { cursor, limit: pageSize } } })), 15_000);
  const act = useAct({
    run: (refund_no: string) => take(mall.POST("/api/mall/admin/v1/refunds/{refund_no}/redo", { params: { path: { refund_no } } })),
    done: t("refund.redone"),
    touches: ["refunds", "order"],
  });
  const redo = (refund: Refund) =>
    confirm({ title: t("refund.redo.title", { amount: yuan(refund.amount_fen) }), about: t("refund.redo.about"), ok: t("refund.redo"), run: () => act.mutateAsync(refund.refund_no) });
  const columns = [
    ...(may ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: (row: Refund) => <Button size="small" type="primary" onClick={() => redo(row)}>{t("refund.redo")}</Button> }] : []),
    { title: t("order.id"), render: (row: Refund) => <Ident id={row.order_id} to={`/orders/${row.order_id}`} /> },
    ...refundColumns(speaker),
  ];
  return (
    <>
      <Head title={t("refund.title")} about={t("refund.about")} />
      <List name={t("nav.refunds")} pages={pages} columns={columns} rowKey={(row) => row.refund_no} empty={<Vacant title={t("refund.queue.none")} about={t("refund.queue.none.about")} />} />
    </>
  );
}
