import { engine, mall, take } from "../api/client";
import type { Key } from "../text/zh";
import { linkOf } from "./link";

// Hit is something that was found: where it is, what it is, and a line about it.
export interface Hit {
  to: string;
  kind: Key;
  text: string;
}

// plain is what the server takes for an id.
const plain = /^[A-Za-z0-9_.-]{1,64}$/;

const direct: [RegExp, Key][] = [
  [/^act_/, "seek.activity"],
  [/^team_/, "seek.team"],
  [/^tag_/, "seek.tag"],
  [/^pay_/, "seek.payment"],
  [/^\d{4}-\d\d-\d\d$/, "seek.bill"],
];

// guess is what an id says of itself, without asking: instant, and shown even when the server cannot be reached.
export function guess(text: string): Hit[] {
  const to = linkOf(text);
  const kind = direct.find(([pattern]) => pattern.test(text))?.[1];
  return to && kind ? [{ to, kind, text }] : [];
}

async function seats(query: { out_trade_no: string } | { buyer_id: string }, kind: Key): Promise<Hit[]> {
  const found = await take(engine.GET("/api/groupbuy/admin/v1/seats", { params: { query: { ...query, limit: 5 } } }));
  return found.items.map(({ partner_id, seat }) => ({ to: `/seats/${partner_id}/${seat.out_trade_no}`, kind, text: `${seat.out_trade_no} · ${seat.buyer_id}` }));
}

async function order(id: string): Promise<Hit[]> {
  const { order: found } = await take(mall.GET("/api/mall/admin/v1/orders/{order_id}", { params: { path: { order_id: id } } }));
  return [{ to: `/orders/${found.order_id}`, kind: "seek.order", text: `${found.order_id} · ${found.product_name}` }];
}

async function buyerOrders(query: { login: string } | { buyer_id: string }, to: string): Promise<Hit[]> {
  const found = await take(mall.GET("/api/mall/admin/v1/orders", { params: { query: { ...query, limit: 1 } } }));
  return found.items.map((one) => ({ to, kind: "seek.orders", text: `${one.buyer_id} · ${one.product_name}` }));
}

async function payments(provider_no: string): Promise<Hit[]> {
  const found = await take(mall.GET("/api/mall/admin/v1/payments", { params: { query: { provider_no, limit: 5 } } }));
  return found.items.map((one) => ({ to: `/payments?payment_id=${one.payment_id}`, kind: "seek.payment", text: `${one.payment_id} · ${provider_no}` }));
}

async function tags(q: string): Promise<Hit[]> {
  const found = await take(engine.GET("/api/groupbuy/admin/v1/tags", { params: { query: { q, limit: 5 } } }));
  return found.items.map((tag) => ({ to: `/tags/${tag.tag_id}`, kind: "seek.tag", text: tag.name }));
}

async function activities(text: string): Promise<Hit[]> {
  const found = await take(engine.GET("/api/groupbuy/admin/v1/activities", { params: { query: { limit: 100 } } }));
  const wanted = text.toLowerCase();
  const hits = found.items.filter((one) => one.name.toLowerCase().includes(wanted) || one.goods.includes(text));
  return hits.slice(0, 5).map((one) => ({ to: `/activities/${one.activity_id}`, kind: "seek.activity", text: one.name }));
}

// questions are what may be asked about a text: of an id that is nothing but a place in a team or an order, both.
function questions(text: string): Promise<Hit[]>[] {
  const asked = [tags(text), activities(text)];
  if (plain.test(text)) {
    asked.push(seats({ out_trade_no: text }, "seek.seat"), seats({ buyer_id: text }, "seek.buyer"));
    asked.push(order(text), payments(text), buyerOrders({ buyer_id: text }, `/orders?buyer_id=${encodeURIComponent(text)}`));
  }
  if (/@|^\+?\d{6,}$/.test(text)) asked.push(buyerOrders({ login: text }, `/orders?login=${encodeURIComponent(text)}`));
  return asked;
}

// find looks for a text everywhere that it can be: what is not there, or may not be asked, finds nothing.
export async function find(text: string): Promise<Hit[]> {
  const known = guess(text);
  if (known.length > 0) return known;
  const answers = await Promise.allSettled(questions(text));
  const hits = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  return hits.filter((hit, n) => hits.findIndex((other) => other.to === hit.to) === n);
}

