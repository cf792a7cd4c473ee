import { useQuery } from "@tanstack/react-query";
import { Button, Input, Skeleton } from "antd";
import { useRef } from "react";
import { Link, useParams } from "react-router";
import { mall, take, type Mall } from "../../api/client";
import { mallPartner } from "../../data/reference";
import { yuan } from "../../format/money";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { ProblemPage } from "../../part/problempage";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { Track, type Step } from "../../part/track";
import { Money, When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { PaymentGrid, RefundGrid } from "./money";

const refundable: Mall["OrderStatus"][] = ["paid", "teaming", "to_ship"];

function step(move: Mall["Move"], { t, term }: Speaker): Step {
  const reason = move.reason ? term("reason", move.reason) : undefined;
  if (move.refund_no) {
    const title = t("order.partrefund", { amount: yuan(move.amount_fen ?? 0), state: term("refundState", move.refund_status ?? "") });
    return { at: move.at, title, about: reason, tone: "event" };
  }
  const tone = move.status === "shipped" || move.status === "paid" ? "good" : move.status === "closed" || move.status.startsWith("refund") ? "warn" : undefined;
  return { at: move.at, title: term("orderState", move.status), about: reason, tone };
}

function useRefund(order: Mall["Order"]) {
  const { t } = useSpeaker();
  const confirm = useConfirm();
  const reason = useRef("");
  const act = useAct({
    run: () => take(mall.POST("/api/mall/admin/v1/orders/{order_id}/refund", { params: { path: { order_id: order.order_id } }, body: { reason: reason.current.trim() || t("order.refund.default") } })),
    done: t("order.refund.done"),
    touches: ["order", "orders", "refunds"],
  });
  return () =>
    confirm({
      title: t("order.refund.title", { amount: yuan((order.amount_fen ?? 0) - (order.difference_fen ?? 0)) }),
      about: (
        <>
          <p>{t(order.mode === "group" ? "order.refund.group" : "order.refund.solo")}</p>
          <Input aria-label={t("order.refund.reason")} placeholder={t("order.refund.reason")} maxLength={200} onChange={(event) => { reason.current = event.target.value; }} />
        </>
      ),
      ok: t("order.refund.ok"),
      danger: true,
      run: () => act.mutateAsync(),
    });
}

function Facts({ order }: { order: Mall["Order"] }) {
  const { t, term } = useSpeaker();
  return (
    <Section>
      <Pairs
        items={[
          [t("order.amount"), <strong><Money fen={order.amount_fen} /></strong>],
          [t("order.product"), `${order.product_name} · ${order.sku_name} × ${order.quantity}`],
          [t("order.mode"), term("mode", order.mode)],
          [t("order.buyer"), <Ident id={order.buyer_id} to={`/orders?buyer_id=${order.buyer_id}`} />],
          [t("seat.original"), <Money fen={order.original_price_fen} />],
          [t("seat.pay"), <Money fen={order.price_fen} />],
          order.deduction_fen !== undefined && [t("order.saved"), <Money fen={order.deduction_fen} />],
          order.difference_fen !== undefined && [t("seat.difference"), <Money fen={order.difference_fen} />],
          order.team_id !== undefined && [t("team.id"), <Ident id={order.team_id} to={`/teams/${order.team_id}`} />],
          order.activity_id !== undefined && [t("team.activity"), <Ident id={order.activity_id} to={`/activities/${order.activity_id}`} />],
          order.mode === "group" && [t("order.seat"), <Link to={`/seats/${mallPartner}/${order.order_id}`}>{t("order.seat.see")}</Link>],
          order.reason !== undefined && [t("seat.reason"), `${term("reason", order.reason)}${order.detail ? ` (${order.detail})` : ""}`],
          order.tracking !== undefined && [t("order.tracking"), <code>{order.tracking}</code>],
          [t("order.placed"), <When at={order.placed_at} exact />],
          [t("seat.deadline"), <When at={order.expires_at} exact />],
          [t("order.paid"), <When at={order.paid_at} exact />],
        ]}
      />
    </Section>
  );
}

function OrderView({ view }: { view: Mall["OrderView"] }) {
  const speaker = useSpeaker();
  const { t } = speaker;
  const { order, payments, refunds, timeline } = view;
  const may = useMay("operator");
  const refund = useRefund(order);
  const actions = may && refundable.includes(order.status) && <Button danger onClick={refund}>{t("order.refund.ok")}</Button>;
  return (
    <>
      <Head title={t("order.title")} mark={<State of="orderState" value={order.status} />} back={{ to: "/orders", text: t("nav.orders") }} about={<Ident id={order.order_id} whole />} actions={actions} />
      <div className="split">
        <div>
          <Facts order={order} />
          <Section title={t("order.payments")} flush>
            <PaymentGrid payments={payments} />
          </Section>
          <Section title={t("nav.refunds")} flush>
            <RefundGrid refunds={refunds} />
          </Section>
        </div>
        <Section title={t("story.title")}>
          <Track steps={timeline.map((move) => step(move, speaker))} />
        </Section>
      </div>
    </>
  );
}

// OrderPage is one order with its money.
export default function OrderPage() {
  const { id = "" } = useParams();
  const { t } = useSpeaker();
  const file = useQuery({
    queryKey: ["order", id],
    queryFn: () => take(mall.GET("/api/mall/admin/v1/orders/{order_id}", { params: { path: { order_id: id } } })),
    refetchInterval: 10_000,
  });
  if (file.isError && !file.data) return <ProblemPage error={file.error} back={{ to: "/orders", text: t("nav.orders") }} retry={() => void file.refetch()} />;
  return file.data ? <OrderView view={file.data} /> : <Skeleton active title={false} />;
}
