import type { ReactNode } from "react";
import type { Order, Schema } from "../api/client";
import { Link, to } from "../router";
import { useSay, type Key } from "../text/text";
import { Price } from "./parts";
import { Picture } from "./picture";

const statusKey = (status: Schema["OrderStatus"]): Key => `status_${status}`;

/** OrderCard is one order in a few lines, with what can be done about it below. */
export function OrderCard({ order, children }: { order: Order; children?: ReactNode }) {
  const say = useSay();
  return (
    <article className="order-card">
      <Link className="order-link" href={to("order", order.order_id)}>
        <span className="order-head">
          <span className="tag">{say(order.mode === "group" ? "nav_teams" : "buy_alone")}</span>
          <span className={`status status-${order.status}`}>{say(statusKey(order.status))}</span>
        </span>
        <Goods order={order} />
      </Link>
      {children && <div className="order-actions">{children}</div>}
    </article>
  );
}

/** Goods is what was bought, with its picture. */
export function Goods({ order }: { order: Order }) {
  return (
    <span className="goods">
      <span className="thumb"><Picture src={order.picture} name={order.product_name} alt="" /></span>
      <span className="goods-text">
        <span className="goods-name">{order.product_name}</span>
        <span className="soft">{order.sku_name} × {order.quantity}</span>
      </span>
      {order.amount_fen !== undefined && <Price fen={order.amount_fen} size="m" />}
    </span>
  );
}
