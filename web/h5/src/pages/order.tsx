import { useState } from "react";
import { Refused, type Order as AnOrder, type OrderView, type Schema } from "../api/client";
import { useCancel, useOrder, useRefund } from "../api/queries";
import { yuan } from "../logic/money";
import { refundable, storyOf } from "../logic/story";
import { Link, to, type Place } from "../router";
import { useSay, type Key } from "../text/text";
import { Goods } from "../ui/ordercard";
import { Bones, Button, LinkButton, Sheet } from "../ui/parts";
import { PayActions } from "../ui/payactions";
import { Shell } from "../ui/shell";
import { Refunds, StoryBoard, useStory } from "../ui/story";
import { useClock } from "../ui/time";
import { useToast } from "../ui/toast";
import { Trouble } from "./payreturn";

/** Order is one order: where it stands, what can be done, what has happened. */
export function Order({ place }: { place: Place }) {
  const say = useSay();
  const found = useOrder(place.id, (view) => storyOf(view).open);
  return (
    <Shell page="order" title={say("order_title")} back={to("orders")} className="narrow">
      {found.isPending && <Bones kind="story" />}
      {found.isError && !found.data && <Trouble error={found.error} here={place.href} retry={() => void found.refetch()} />}
      {found.data && <Detail view={found.data} />}
    </Shell>
  );
}

function Detail({ view }: { view: OrderView }) {
  const say = useSay();
  const story = useStory(view);
  const { order } = view;
  if (!story) return <Bones kind="story" />;
  return (
    <>
      <StoryBoard view={view} story={story} />
      <div className="actions">
        {story.payable && <PayActions view={view} asked={false} />}
        {order.status === "teaming" && order.team_id && <LinkButton href={to("team", order.team_id)}>{say("invite_now")}</LinkButton>}
        {order.team_id && order.status !== "teaming" && order.status !== "awaiting_payment" && order.status !== "created" && (
          <LinkButton look="line" href={to("team", order.team_id)}>{say("see_team")}</LinkButton>
        )}
        {order.status === "awaiting_payment" && <Cancel order={order} />}
        {refundable(order) && <AskRefund order={order} />}
      </div>
      <Refunds refunds={view.refunds} />
      <section className="panel">
        <Link className="goods-link" href={to("product", order.product_id)}><Goods order={order} /></Link>
        <Money order={order} />
      </section>
      <section className="panel">
        <h2>{say("timeline")}</h2>
        <Timeline moves={view.timeline} order={order} />
      </section>
    </>
  );
}

function Money({ order }: { order: AnOrder }) {
  const say = useSay();
  const time = useClock();
  const original = order.original_price_fen * order.quantity;
  return (
    <dl className="bill">
      <dt>{say("line_goods")}</dt><dd>¥{yuan(original)}</dd>
      {order.deduction_fen !== undefined && order.deduction_fen > 0 && <><dt>{say("line_group")}</dt><dd className="minus">−¥{yuan(order.deduction_fen)}</dd></>}
      {order.amount_fen !== undefined && <><dt className="total">{say(order.paid_at ? "amount_paid" : "amount_due")}</dt><dd className="total">¥{yuan(order.amount_fen)}</dd></>}
      <dt>{say("order_no")}</dt><dd className="mono">{order.order_id}</dd>
      <dt>{say("placed_at")}</dt><dd>{time(order.placed_at)}</dd>
      {order.tracking && <><dt>{say("tracking")}</dt><dd className="mono">{order.tracking}</dd></>}
    </dl>
  );
}

function Timeline({ moves, order }: { moves: readonly Schema["Move"][]; order: AnOrder }) {
  const say = useSay();
  const time = useClock();
  const text = (move: Schema["Move"]) => {
    if (move.refund_no && move.amount_fen !== undefined) return say("move_difference", { amount: yuan(move.amount_fen) });
    if (move.status === "to_ship" && order.mode === "group") return say("move_to_ship_group");
    if (move.status === "awaiting_payment" && order.mode === "solo") return say("move_awaiting_payment_solo");
    return say(`move_${move.status}` as Key);
  };
  return (
    <ol className="timeline">
      {[...moves].reverse().map((move, n) => (
        <li key={`${move.status}-${move.at}-${move.refund_no ?? ""}`} className={n === 0 ? "latest" : undefined}>
          <span>{text(move)}</span>
          <time dateTime={move.at}>{time(move.at)}</time>
        </li>
      ))}
    </ol>
  );
}

function Cancel({ order }: { order: AnOrder }) {
  const say = useSay();
  const toast = useToast();
  const cancel = useCancel(order.order_id);
  const [open, setOpen] = useState(false);
  const sure = () =>
    cancel.mutate(undefined, {
      onSuccess: () => toast(say("cancel_done")),
      onError: (error) => toast(error instanceof Refused && error.problem.title ? error.problem.title : say("failed_network")),
      onSettled: () => setOpen(false),
    });
  return (
    <>
      <Button look="plain" onClick={() => setOpen(true)}>{say("cancel_order")}</Button>
      {open && (
        <Sheet title={say("cancel_order")} onClose={() => setOpen(false)}
          foot={<><Button look="line" onClick={() => setOpen(false)}>{say("back")}</Button><Button busy={cancel.isPending} onClick={sure}>{say("cancel_order")}</Button></>}>
          <p>{say("cancel_sure")}</p>
        </Sheet>
      )}
    </>
  );
}

const whys = ["refund_why_1", "refund_why_2", "refund_why_3", "refund_why_4"] as const;

function AskRefund({ order }: { order: AnOrder }) {
  const say = useSay();
  const toast = useToast();
  const refund = useRefund(order.order_id);
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState<(typeof whys)[number]>(whys[0]);
  const send = () =>
    refund.mutate(say(why), {
      onSuccess: () => toast(say("refund_submitted")),
      onError: (error) => toast(error instanceof Refused && error.problem.title ? error.problem.title : say("failed_network")),
      onSettled: () => setOpen(false),
    });
  return (
    <>
      <Button look="plain" onClick={() => setOpen(true)}>{say("ask_refund")}</Button>
      {open && (
        <Sheet title={say("ask_refund")} onClose={() => setOpen(false)} foot={<Button busy={refund.isPending} onClick={send}>{say("refund_submit")}</Button>}>
          <fieldset className="whys">
            <legend>{say("refund_why")}</legend>
            {whys.map((key) => (
              <label key={key} className="choice"><input type="radio" name="why" checked={why === key} onChange={() => setWhy(key)} /><span>{say(key)}</span></label>
            ))}
          </fieldset>
          <p className="soft">{say("refund_note")}</p>
        </Sheet>
      )}
    </>
  );
}
