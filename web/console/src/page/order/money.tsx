import type { Mall } from "../../api/client";
import { Grid } from "../../list/table";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Money, When } from "../../part/value";
import { useSpeaker, type Speaker } from "../../text/language";

type Payment = Mall["Payment"];
type Refund = Mall["Refund"];

// paymentColumns are the columns of every list of payments.
export function paymentColumns({ t, term }: Speaker) {
  return [
    { title: t("payment.id"), render: (row: Payment) => <Ident id={row.payment_id} /> },
    { title: t("payment.state"), render: (row: Payment) => <State of="paymentState" value={row.status} /> },
    { title: t("order.amount"), render: (row: Payment) => <Money fen={row.amount_fen} />, align: "right" as const },
    { title: t("payment.method"), render: (row: Payment) => term("method", row.method) },
    { title: t("seat.provider"), render: (row: Payment) => (row.provider_no ? <Ident id={row.provider_no} /> : "–") },
    { title: t("payment.created"), render: (row: Payment) => <When at={row.created_at} /> },
    { title: t("order.paid"), render: (row: Payment) => <When at={row.paid_at} /> },
  ];
}

// PaymentGrid lists an order's payments.
export function PaymentGrid({ payments }: { payments: Payment[] }) {
  const speaker = useSpeaker();
  const { t } = speaker;
  return <Grid name={t("order.payments")} columns={paymentColumns(speaker)} rows={payments} rowKey={(row) => row.payment_id} empty={<p className="card-none">{t("payment.none.about")}</p>} />;
}

// refundColumns are the columns of every list of refunds.
export function refundColumns({ t, term }: Speaker) {
  return [
    { title: t("refund.no"), render: (row: Refund) => <Ident id={row.refund_no} /> },
    { title: t("refund.state"), render: (row: Refund) => <State of="refundState" value={row.status} /> },
    { title: t("order.amount"), render: (row: Refund) => <Money fen={row.amount_fen} />, align: "right" as const },
    { title: t("refund.intent"), render: (row: Refund) => term("intent", row.intent) },
    { title: t("seat.reason"), render: (row: Refund) => term("reason", row.reason) },
    { title: t("payment.created"), render: (row: Refund) => <When at={row.created_at} /> },
    { title: t("refund.ended"), render: (row: Refund) => <When at={row.ended_at} /> },
    { title: t("refund.error"), className: "wrap", render: (row: Refund) => row.last_error ?? "–" },
  ];
}

// RefundGrid lists an order's refunds.
export function RefundGrid({ refunds }: { refunds: Refund[] }) {
  const speaker = useSpeaker();
  const { t } = speaker;
  return <Grid name={t("nav.refunds")} columns={refundColumns(speaker)} rows={refunds} rowKey={(row) => row.refund_no} empty={<p className="card-none">{t("refund.none")}</p>} />;
}
