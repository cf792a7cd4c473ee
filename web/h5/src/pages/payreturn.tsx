import { codeOf, signedOut } from "../api/client";
import { useOrder } from "../api/queries";
import { storyOf } from "../logic/story";
import { to, type Place } from "../router";
import { useSay } from "../text/text";
import { OrderCard } from "../ui/ordercard";
import { Bones, Failed, LinkButton, Note } from "../ui/parts";
import { PayActions } from "../ui/payactions";
import { Shell } from "../ui/shell";
import { Refunds, StoryBoard, useStory } from "../ui/story";
import type { OrderView } from "../api/client";

/**
 * PayReturn is where Alipay sends the buyer back to. It tells what the shop knows; nothing that the address says of a
 * payment is looked at, for anybody can write an address.
 */
export function PayReturn({ place }: { place: Place }) {
  const say = useSay();
  const id = place.query.get("order_id") ?? "";
  const found = useOrder(id, (view) => storyOf(view).open);
  const here = to("return", "", { order_id: id });
  return (
    <Shell page="return" title={say("pay_title")} back={to("orders")} className="narrow">
      {id === "" && <NoOrder />}
      {id !== "" && found.isPending && <Bones kind="story" />}
      {found.isError && !found.data && <Trouble error={found.error} here={here} retry={() => void found.refetch()} />}
      {found.data && <Result view={found.data} />}
    </Shell>
  );
}

function NoOrder() {
  const say = useSay();
  return (
    <Note icon="orders" title={say("order_missing")} text={say("order_missing_text")}>
      <LinkButton href={to("orders")}>{say("orders_title")}</LinkButton>
    </Note>
  );
}

/** Trouble tells a stranger to sign in, and somebody else that there is no such order. */
export function Trouble({ error, here, retry }: { error: unknown; here: string; retry: () => void }) {
  const say = useSay();
  if (signedOut(error)) {
    return (
      <Note icon="me" title={say("need_login")} text={say("pay_login_text")}>
        <LinkButton href={to("login", "", { next: here })}>{say("do_login")}</LinkButton>
      </Note>
    );
  }
  if (codeOf(error) === "order_not_found" || codeOf(error) === "malformed" || codeOf(error) === "not_found") return <NoOrder />;
  return <Failed error={error} retry={retry} />;
}

function Result({ view }: { view: OrderView }) {
  const say = useSay();
  const story = useStory(view, true);
  const { order } = view;
  if (!story) return <Bones kind="story" />;
  return (
    <>
      <StoryBoard view={view} story={story} />
      <div className="actions">
        {story.payable && <PayActions view={view} asked />}
        {order.status === "teaming" && order.team_id && <LinkButton href={to("team", order.team_id)}>{say("invite_now")}</LinkButton>}
        {order.mode === "group" && ["closed", "refunding", "refunded"].includes(order.status) && (
          <LinkButton href={to("product", order.product_id)}>{say("buy_again")}</LinkButton>
        )}
        {!story.payable && <LinkButton look="line" href={to("order", order.order_id)}>{say("see_order")}</LinkButton>}
      </div>
      <Refunds refunds={view.refunds} />
      <OrderCard order={order} />
    </>
  );
}
