import type { Schema } from "../api/client";
import { useOrders } from "../api/queries";
import { to, type Place } from "../router";
import { useSay, type Key } from "../text/text";
import { Gate } from "../ui/gate";
import { OrderCard } from "../ui/ordercard";
import { Bones, Failed, LinkButton, Note, Tabs } from "../ui/parts";
import { Shell } from "../ui/shell";
import { More } from "./home";

type Tab = Schema["OrderTab"] | "all";
const tabs: readonly Tab[] = ["all", "to_pay", "teaming", "to_ship", "shipped", "refunded", "closed"];

/** Orders lists the buyer's orders by state. */
export function Orders({ place }: { place: Place }) {
  const say = useSay();
  const tab = tabs.find((other) => other === place.query.get("tab")) ?? "all";
  return (
    <Shell page="orders" title={say("orders_title")} className="narrow">
      <Tabs label={say("tab_label")} chosen={tab} href={(id) => to("orders", "", { tab: id === "all" ? undefined : id })}
        tabs={tabs.map((id) => ({ id, text: say(`tab_${id}` as Key) }))} />
      <Gate here={place.href}>
        <List tab={tab} />
      </Gate>
    </Shell>
  );
}

function List({ tab }: { tab: Tab }) {
  const say = useSay();
  const list = useOrders(tab === "all" ? undefined : tab, true);
  const orders = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) return <Bones kind="row" count={4} />;
  if (list.isError && orders.length === 0) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (orders.length === 0) {
    return (
      <Note icon="orders" title={say("orders_empty_title")} text={say("orders_empty_text")}>
        <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
      </Note>
    );
  }
  return (
    <>
      <ul className="list">
        {orders.map((order) => (
          <li key={order.order_id}>
            <OrderCard order={order}>
              {order.status === "awaiting_payment" && <LinkButton href={to("order", order.order_id)}>{say("continue_pay")}</LinkButton>}
              {order.status === "teaming" && order.team_id && <LinkButton look="line" href={to("team", order.team_id)}>{say("invite_now")}</LinkButton>}
            </OrderCard>
          </li>
        ))}
      </ul>
      {list.hasNextPage && <More busy={list.isFetchingNextPage} more={() => void list.fetchNextPage()} />}
    </>
  );
}
